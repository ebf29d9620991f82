// Types of papaparse's browser build: the other one names Node's `stream`, which a bare realm does not have.

declare module 'papaparse/papaparse.min.js' {
  import papaparse from 'papaparse';

  export default papaparse;
}
