import process from "node:process";

/**
 * Prints a text on standard error, and waits until everything printed so far has been written. A full pipe accepts more only as fast as it is read,
 * and `process.exit` does not wait for that.
 */
export async function print(text: string): Promise<void> {
  await Promise.all([written(process.stdout, ""), written(process.stderr, text)]);
}

/**
 * Exits at once. A text is printed on standard error, but only as much as the system accepts without waiting. An empty pipe accepts 64 kB on Linux.
 */
export function exitNow(code: number | string, text: string): void {
  if (text !== "") process.stderr.write(text);
  process.exit(code);
}

/** The streams whose errors are ignored. */
const ignored = new WeakSet<NodeJS.WriteStream>();

/** Writes a text, and resolves when it was written. */
function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  // If the reader has closed the pipe, as `head` does, the exit must not become a crash.
  if (!ignored.has(stream)) stream.on("error", () => {});
  ignored.add(stream);
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
