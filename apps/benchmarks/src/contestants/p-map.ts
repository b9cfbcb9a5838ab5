import pMap from "p-map";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  startAndJoin: (n, body) => pMap(new Array<undefined>(n).fill(undefined), body),
  limited: (items, limit, body) => pMap(items, body, { concurrency: limit }),
};
