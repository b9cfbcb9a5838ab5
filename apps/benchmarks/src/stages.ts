/** What streams consist of: items, the function of every stage, and a reader. An item is the number of stages that it has passed. */
import { expectItem, resolved, work } from "./work.js";

/** The source of a stream. An item counts as started when it is pulled. */
export function* itemsOf(n: number): Generator<number, undefined> {
  for (let i = 0; i < n; i++) {
    work.started++;
    yield 0;
  }
  return undefined;
}

/** The function of every stage. */
export async function stage(passed: number): Promise<number> {
  await resolved;
  return passed + 1;
}

/**
 * Counts a result as ended.
 *
 * @throws {Error} If it has not passed all stages.
 */
export function read(passed: number, stages: number): void {
  expectItem(passed, stages);
  work.ended++;
}

/** Reads a stream to its end. */
export async function readAll(results: AsyncIterable<number>, stages: number): Promise<void> {
  for await (const passed of results) read(passed, stages);
}
