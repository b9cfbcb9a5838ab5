/** Waits for what the test says: once, and then it no longer keeps the program alive. */
export function nextLine(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once("data", () => {
      process.stdin.destroy();
      resolve();
    });
  });
}
