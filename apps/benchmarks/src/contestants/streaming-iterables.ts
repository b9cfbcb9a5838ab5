import { parallelMap, transform } from "streaming-iterables";
import type { Programs } from "../programs.js";
import { itemsOf, readAll, stage } from "../stages.js";

export const programs: Programs = {
  stream: (n, stages, limit) => readAll(pipeline(n, stages, transform(limit, stage)), stages),
  streamInOrder: (n, stages, limit) => readAll(pipeline(n, stages, parallelMap(limit, stage)), stages),
};

type Stage = (source: Iterable<number> | AsyncIterable<number>) => AsyncIterable<number>;

function pipeline(n: number, stages: number, through: Stage): AsyncIterable<number> {
  let results: Iterable<number> | AsyncIterable<number> = itemsOf(n);
  for (let i = 0; i < stages; i++) results = through(results);
  return results as AsyncIterable<number>;
}
