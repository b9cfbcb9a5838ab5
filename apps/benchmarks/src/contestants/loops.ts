/** As many loops as the limit allows, which share an iterator and collect no results. */
import type { Programs } from "../programs.js";
import type { Body } from "../work.js";

export const programs: Programs = {
  limited(items, limit, body) {
    const source = items.values();
    return Promise.all(Array.from({ length: limit }, () => loop(source, body)));
  },

  guarded(n, limit, body) {
    const source = Array(n).keys();
    return Promise.all(Array.from({ length: limit }, () => loop(source, body)));
  },
};

async function loop(source: Iterator<number>, body: Body): Promise<void> {
  while (source.next().done !== true) await body();
}
