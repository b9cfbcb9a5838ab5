import { ownByHand } from "../../comparison/by-hand.js";
import type { Row } from "../row.js";

/** An `AbortController` alone does not run tasks: here everything is by hand. */
export const abortController: Row = {
  name: "AbortController, by hand",
  runs: "many tasks",
  byHand: {
    run(body, { signal }) {
      const ended: Promise<void> = ownByHand(
        (start, controller) =>
          body({
            start,
            shutdown: () => {
              controller.abort();
              return ended;
            },
          }),
        signal,
      );
      return ended;
    },
    async collect(tasks, { signal }) {
      const results: unknown[] = [];
      await ownByHand((start) => {
        for (const [i, task] of tasks.entries()) start(async (signal) => (results[i] = await task(signal)));
      }, signal);
      return results;
    },
  },
  rules: {},
};
