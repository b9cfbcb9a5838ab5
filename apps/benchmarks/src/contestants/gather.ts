import { gather, map } from "@selvage/task-group";
import type { Programs } from "../programs.js";

/** The group that collects the results, as `Promise.all` does. */
export const programs: Programs = {
  startAndJoin: (n, body) => gather(new Array<typeof body>(n).fill(body)),
  limited: (items, limit, body) => map(items, body, { limit }),
};
