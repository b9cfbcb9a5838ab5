import { constants } from "node:buffer";

/** Bytes in one buffer that grows. A list of chunks would take far more memory if each has a few bytes. */
export class Bytes {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a chunk. Returns false, and adds nothing, if that makes more than `most` bytes, or more than can be kept. */
  add(chunk: Uint8Array, most: number): boolean {
    const length = this.#length + chunk.length;
    if (length > Math.min(most, constants.MAX_LENGTH)) return false;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(this.#length * 2, constants.MAX_LENGTH)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  /** Returns the bytes, and forgets them. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    return bytes;
  }
}

/** How many bytes of standard error a `ProcessError` has (P2). */
const TAIL = 4_096;

/** The last bytes of a stream. */
export class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = (chunk.length < TAIL ? Buffer.concat([this.#bytes, chunk]) : chunk).subarray(-TAIL);
  }

  /** The bytes as text. If the first ones are the rest of a character that was cut, they are left out. */
  toString(): string {
    let start = 0;
    while (this.#bytes.length === TAIL && start < 3 && (this.#bytes[start]! & 0xc0) === 0x80) start++;
    return this.#bytes.toString("utf8", start);
  }
}
