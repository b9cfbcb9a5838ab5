/**
 * Reads a file by lines, and is cancelled at the first one. The arguments: how it reads, and the file. Prints how its scope ended.
 *
 * A `readline` interface passes the errors of its input on as its own `error` event. If nothing iterates over it at
 * that moment, the event has no listener, and ends the process. A body that throws has just ended the iteration.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CancelScope } from "@selvage/scope";

const [how, file] = process.argv.slice(2) as [string, string];
const scope = new CancelScope();

/** What the body of the loop awaits. It is cancelled, so it throws. */
async function store(line: string): Promise<void> {
  scope.cancel(line);
  await scope.sleep(Infinity);
}

const ways: Readonly<Record<string, () => Promise<void>>> = {
  async streamHasSignal() {
    const input = createReadStream(file, { signal: scope.signal });
    for await (const line of createInterface({ input })) await store(line);
  },

  /** The remedy. The interface is made where the loop begins: one that is closed before its loop never ends it. */
  async linesHaveSignal() {
    const input = createReadStream(file);
    try {
      for await (const line of createInterface({ input, signal: scope.signal })) await store(line);
      scope.throwIfCancelled();
    } finally {
      input.destroy();
    }
  },

  /** The same with a body that does not throw: the loop gets the lines that were already read, and ends without an error. */
  async bodyGoesOn() {
    const input = createReadStream(file);
    try {
      for await (const line of createInterface({ input, signal: scope.signal })) scope.cancel(line);
      scope.throwIfCancelled();
    } finally {
      input.destroy();
    }
  },
};

try {
  await scope.run(ways[how]!);
  console.log(`cancelled: ${scope.cancelledCaught}`);
} catch (error) {
  console.log(`failed: ${(error as NodeJS.ErrnoException).code}`);
}
