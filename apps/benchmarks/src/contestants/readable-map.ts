/** Node's streams. They have no way to read results as they arrive. */
import { Readable } from "node:stream";
import type { Programs } from "../programs.js";
import { itemsOf, readAll, stage } from "../stages.js";

export const programs: Programs = {
  streamInOrder(n, stages, limit) {
    let results = Readable.from(itemsOf(n));
    for (let i = 0; i < stages; i++) results = results.map(stage, { concurrency: limit });
    return readAll(results as AsyncIterable<number>, stages);
  },
};
