import process from "node:process";
import { finished, type Readable, type Writable } from "node:stream";
import type { CommandInput } from "./options.js";

/**
 * Writes the input of a command. That the command does not read it all is not an error.
 *
 * @param failed - Called with the error if a stream fails.
 * @returns A function that releases the stream. It is called when the command has ended.
 */
export function feed(stdin: Writable, input: CommandInput, failed: (error: unknown) => void): () => void {
  if (isStream(input)) return pump(input, stdin, failed);
  stdin.end(input);
  return ignore;
}

/** Destroys an input that is not read to its end, if it is a stream. */
export function discard(input: CommandInput | undefined): void {
  if (input === undefined || !isStream(input)) return;
  if (input === process.stdin) {
    input.pause();
  } else if (!input.readableEnded || input.errored) {
    input.on("error", ignore); // it may fail while it is destroyed
    input.destroy();
  }
}

function isStream(input: CommandInput): input is Readable {
  return typeof input === "object" && "pipe" in input;
}

// Not `pipe`: a chunk that is neither a text nor bytes would be an uncaught error.
function pump(input: Readable, stdin: Writable, failed: (error: unknown) => void): () => void {
  const unwatch = finished(input, { writable: false }, (error) => {
    if (error) fail(error);
    else stdin.end();
  });
  input.on("data", write);
  stdin.on("drain", resume);
  stdin.once("close", release);

  function write(chunk: unknown): void {
    try {
      if (!stdin.write(chunk)) input.pause();
    } catch (error) {
      fail(error);
    }
  }

  function resume(): void {
    input.resume();
  }

  // The command's input is not ended, because half of it must not look like the whole.
  function fail(error: unknown): void {
    release();
    failed(error);
  }

  function release(): void {
    unwatch();
    input.off("data", write);
    stdin.off("drain", resume);
    stdin.off("close", release);
    discard(input);
  }

  return release;
}

function ignore(): void {}
