import { constants } from "node:buffer";
import type { Readable, Writable } from "node:stream";
import { Bytes } from "./bytes.js";
import type { Lines } from "./lines.js";

/**
 * How many bytes are read after the end of the command although the reader is slower: more than the system has of a pipe. So what the command has written
 * arrives, and a process that left its group cannot fill the memory.
 */
const REST = 2 ** 20;

/** Keeps what a command writes. */
export class Collected {
  readonly #bytes = new Bytes();

  /** @param tooMuch - Called with the limit when there are more bytes. The pipe is still read, so that the command can end. */
  constructor(source: Readable, most: number, tooMuch: (most: number) => void) {
    let isOver = false;
    source.on("data", (chunk: Buffer) => {
      if (isOver || this.#bytes.add(chunk, most)) return;
      isOver = true;
      tooMuch(Math.min(most, constants.MAX_LENGTH));
    });
  }

  take(): Buffer {
    return this.#bytes.take();
  }
}

/**
 * Passes on what a command writes, as fast as a stream takes it. If the stream fails or is closed, the pipe is closed, so the command can no longer write.
 */
export class Flow {
  readonly #source: Readable;
  readonly #sink: Writable;
  /** How many writes have not been taken. */
  #pending = 0;
  /** How many more bytes are read while the stream is full. */
  #allowance = 0;

  constructor(source: Readable, sink: Writable) {
    this.#source = source;
    this.#sink = sink;
  }

  write(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#pending++;
    if (this.#sink.write(chunk, this.#written)) return;
    this.#allowance -= chunk.length;
    if (this.#allowance < 0) this.#source.pause();
  }

  /** Reads the rest, because the command has ended. */
  drain(): void {
    this.#allowance = REST;
    this.#source.resume();
  }

  // The callback of the write, because a listener for "drain" of each command would be too many for one stream.
  readonly #written = (error?: Error | null): void => {
    this.#pending--;
    if (error) {
      // The stream emits the error after this. The command ends because of it, so it is not an uncaught error of this process.
      if (this.#sink.listenerCount("error") === 0) this.#sink.once("error", ignore);
      this.#source.destroy();
    } else if (this.#pending === 0) {
      this.#source.resume();
    }
  };
}

/** Passes on whole lines to a stream that other commands use, too. */
export function forwardLines(source: Readable, sink: Writable, lines: Lines): Flow {
  const flow = new Flow(source, sink);
  source.on("data", (chunk: Buffer) => {
    flow.write(lines.add(chunk));
  });
  source.once("close", () => {
    flow.write(lines.end());
  });
  return flow;
}

/** Passes on the bytes to a stream that has no other writer. It ends with the pipe; if that did not end, it is destroyed. */
export function forwardBytes(source: Readable, sink: Writable): Flow {
  const flow = new Flow(source, sink);
  source.on("data", (chunk: Buffer) => {
    flow.write(chunk);
  });
  source.once("end", () => sink.end());
  source.once("close", () => {
    if (!source.readableEnded) sink.destroy();
  });
  sink.once("close", () => source.destroy());
  return flow;
}

function ignore(): void {}
