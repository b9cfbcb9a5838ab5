/** Waits for one line from the test; after that, the wait does not keep the program alive. */
export function nextLine(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once("data", () => {
      process.stdin.destroy();
      resolve();
    });
  });
}
