/** `refresh()`, which gives a timeout its whole time again. */
import { timeout } from "@selvage/timeout";
import type { ManualClock } from "../manual-clock.js";
import { LONG, type Programs } from "../programs.js";
import { work } from "../work.js";

export const programs: Programs = { moveDeadline: (n) => refresh(n), moveOnClock: refresh };

function refresh(n: number, clock?: ManualClock): Promise<void> {
  return timeout(
    LONG,
    (limit) => {
      work.started++;
      for (let i = 1; i <= n; i++) limit.refresh();
      work.ended++;
    },
    { clock },
  );
}
