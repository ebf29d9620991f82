// The part of write-file-atomic that this program uses; the package ships no types.

declare module 'write-file-atomic' {
  type Options = { readonly mode?: number; readonly chown?: false | { readonly uid: number; readonly gid: number } };
  function writeFileAtomic(path: string, content: string | Uint8Array, options: Options): Promise<void>;
  export = writeFileAtomic;
}
