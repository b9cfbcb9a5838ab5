/** Node's own means to move a timer; browsers have none. */
import { LONG, type Programs } from "../programs.js";
import { work } from "../work.js";

export const programs: Programs = {
  moveDeadline(n) {
    work.started++;
    const timer = setTimeout(expire, LONG);
    for (let i = 1; i <= n; i++) timer.refresh();
    clearTimeout(timer);
    work.ended++;
  },
};

function expire(): void {
  throw new Error("expected no time limit to be reached");
}
