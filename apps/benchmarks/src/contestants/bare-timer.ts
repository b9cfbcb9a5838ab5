/** A `setTimeout` before the operation, a `clearTimeout` after it, and nothing that could stop it. */
import { LONG, type Programs } from "../programs.js";
import { type Body, work } from "../work.js";

export const programs: Programs = {
  async limitInTurn(n, operation) {
    for (let i = 0; i < n; i++) await limited(operation);
  },

  limitTogether(n, operation) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(limited(operation));
    return Promise.all(all);
  },

  moveDeadline(n) {
    work.started++;
    let timer = setTimeout(expire, LONG);
    for (let i = 1; i <= n; i++) {
      clearTimeout(timer);
      timer = setTimeout(expire, LONG);
    }
    clearTimeout(timer);
    work.ended++;
  },
};

async function limited(operation: Body): Promise<void> {
  const timer = setTimeout(expire, LONG);
  try {
    await operation();
  } finally {
    clearTimeout(timer);
  }
}

function expire(): void {
  throw new Error("expected no time limit to be reached");
}
