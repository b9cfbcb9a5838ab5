/**
 * Prints how many bytes a map retains for each item, and how far it reads ahead of the calls. Run it with --expose-gc.
 */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { map } from "@selvage/task-group";

/** How many items there are, after as many again to warm up with. */
const ITEMS = Number(process.env["ROUNDS"] ?? 50_000);
const LIMIT = 8;
let pulled = 0;
let ended = 0;
let furthestAhead = 0;
const heap: number[] = [];

async function* items(): AsyncGenerator<number[]> {
  while (pulled < 2 * ITEMS) {
    if (pulled % 1_000 === 0) await nextTurn();
    if (pulled === ITEMS || pulled === 2 * ITEMS - 1) heap.push(await heapUsed());
    pulled++;
    furthestAhead = Math.max(furthestAhead, pulled - ended);
    yield new Array<number>(16).fill(pulled);
  }
}

const results = await map(
  items(),
  async ([item], scope): Promise<undefined> => {
    if (item! % 4 > 0) await scope.checkpoint();
    ended++;
  },
  { limit: LIMIT },
);

console.log(JSON.stringify({ kept: (heap[1]! - heap[0]!) / ITEMS, furthestAhead, unended: results.length - ended }));
