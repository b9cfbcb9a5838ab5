import pMap, { type IterableOptions, pMapIterable } from "p-map";
import type { Programs } from "../programs.js";
import { itemsOf, readAll, stage } from "../stages.js";

export const programs: Programs = {
  startAndJoin: (n, body) => pMap(new Array<undefined>(n).fill(undefined), body),
  limited: (items, limit, body) => pMap(items, body, { concurrency: limit }),
  stream: (n, stages, limit) => readAll(pipeline(n, stages, { concurrency: limit, preserveOrder: false }), stages),
  streamInOrder: (n, stages, limit) => readAll(pipeline(n, stages, { concurrency: limit }), stages),
};

function pipeline(n: number, stages: number, options: IterableOptions): AsyncIterable<number> {
  let results: Iterable<number> | AsyncIterable<number> = itemsOf(n);
  for (let i = 0; i < stages; i++) results = pMapIterable(results as AsyncIterable<number>, stage, options);
  return results as AsyncIterable<number>;
}
