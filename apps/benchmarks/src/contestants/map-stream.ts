import { mapStream } from "@selvage/stream";
import type { Programs } from "../programs.js";
import { itemsOf, readAll, stage } from "../stages.js";

export const programs: Programs = {
  stream: (n, stages, limit) => readAll(pipeline(n, stages, limit, false), stages),
  streamInOrder: (n, stages, limit) => readAll(pipeline(n, stages, limit, true), stages),
};

function pipeline(n: number, stages: number, limit: number, ordered: boolean): AsyncIterable<number> {
  let results: Iterable<number> | AsyncIterable<number> = itemsOf(n);
  for (let i = 0; i < stages; i++) results = mapStream(results, stage, { limit, ordered });
  return results as AsyncIterable<number>;
}
