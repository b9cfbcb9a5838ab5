import process from "node:process";

/**
 * Prints a text on standard error, and waits until everything printed so far has been handed over. A pipe takes more than it holds only
 * as fast as it is read, and `process.exit` does not wait for that.
 */
export async function print(text: string): Promise<void> {
  await Promise.all([written(process.stdout, ""), written(process.stderr, text)]);
}

/**
 * Exits at once. A text is printed on standard error as far as the system takes it without a wait: an empty pipe takes 64 kB on Linux.
 */
export function exitNow(code: number | string, text: string): void {
  if (text !== "") process.stderr.write(text);
  process.exit(code);
}

/** Streams whose errors are ignored from now on. */
const ignored = new WeakSet<NodeJS.WriteStream>();

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  // A reader that has gone away, as `head` does, must not turn the exit into a crash.
  if (!ignored.has(stream)) stream.on("error", () => {});
  ignored.add(stream);
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
