/** What has ended in this turn is garbage in the next. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The bytes that the heap uses after full collections. The program needs `--expose-gc`. */
export async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await nextTurn();
    globalThis.gc!();
  }
  return process.memoryUsage().heapUsed;
}
