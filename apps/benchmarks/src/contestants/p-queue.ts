import PQueue from "p-queue";
import type { Programs } from "../programs.js";

export const programs: Programs = {
  startAndJoin: (n, body) => new PQueue().addAll(new Array<typeof body>(n).fill(body)),
  limited: (items, limit, body) => new PQueue({ concurrency: limit }).addAll(items.map(() => body)),
};
