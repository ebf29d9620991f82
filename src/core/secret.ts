// A secret as a type that cannot be printed by accident.

import { inspect } from 'node:util';

const HIDDEN = '[hidden]';

/** Holds a secret text. Every way of printing it gives `[hidden]`; only {@link Secret.reveal} gives the text. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it at the last moment, and never keep the result. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
