import process from "node:process";

/**
 * Prints `text` on standard error, and ends the process with `code` once all that was printed has been handed over: a pipe takes
 * more than it holds only as fast as it is read, and `process.exit` does not wait for it.
 */
export async function exit(code: number, text: string = ""): Promise<void> {
  await Promise.all([written(process.stdout, ""), written(process.stderr, text)]);
  process.exit(code);
}

/** Streams whose errors are nobody's affair any more. */
const given = new WeakSet<NodeJS.WriteStream>();

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  // A reader that has gone, as `head` does, must not make a crash of the exit.
  if (!given.has(stream)) stream.on("error", () => {});
  given.add(stream);
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
