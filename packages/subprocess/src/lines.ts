import { Bytes } from "./bytes.js";

const NEWLINE = 10;

/** Makes whole lines of chunks, as bytes, so that no character is damaged. Each line gets a prefix. */
export class Lines {
  readonly #prefix: Buffer;
  readonly #longest: number;
  readonly #tooLong: (longest: number) => void;
  /** The line that has not ended. */
  readonly #rest = new Bytes();
  /** Whether a line was too long. Then everything after it is dropped. */
  #isOver = false;

  /** @param tooLong - Called once with `longest`, when a line has more than `longest` bytes. */
  constructor(prefix: string, longest: number, tooLong: (longest: number) => void) {
    this.#prefix = Buffer.from(prefix);
    this.#longest = longest;
    this.#tooLong = tooLong;
  }

  /** Adds a chunk. Returns the lines that have ended. */
  add(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      if (!this.#keep(chunk.subarray(start, end))) break;
      parts.push(this.#prefix, this.#rest.take(), chunk.subarray(end, end + 1));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return Buffer.concat(parts);
  }

  /** Returns the last line if it has no newline, with one, so that the line of another command does not continue it. */
  end(): Buffer {
    if (this.#rest.length === 0) return this.#rest.take();
    return Buffer.concat([this.#prefix, this.#rest.take(), Buffer.of(NEWLINE)]);
  }

  /** Adds to the line that has not ended, and returns true, unless the line is too long. */
  #keep(bytes: Buffer): boolean {
    if (this.#isOver) return false;
    if (this.#rest.add(bytes, this.#longest)) return true;
    this.#isOver = true;
    this.#rest.take();
    this.#tooLong(this.#longest);
    return false;
  }
}
