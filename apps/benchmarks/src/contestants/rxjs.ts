/** `mergeMap` has no order and no back-pressure: it pulls the whole source at once. */
import { from, mergeMap } from "rxjs";
import type { Programs } from "../programs.js";
import { itemsOf, read, stage } from "../stages.js";

export const programs: Programs = {
  stream(n, stages, limit) {
    let results = from(itemsOf(n));
    for (let i = 0; i < stages; i++) results = results.pipe(mergeMap(stage, limit));
    return results.forEach((passed) => {
      read(passed, stages);
    });
  },
};
