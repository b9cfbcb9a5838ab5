import type { OneBody, Row } from "../row.js";

const asIs: OneBody = {
  async run(body, { clock, limit }) {
    const controller = new AbortController();
    let timer: unknown;
    const expiry = new Promise<never>((_, reject) => {
      timer = clock.setTimer(() => {
        controller.abort();
        reject(new DOMException("timed out", "TimeoutError"));
      }, limit);
    });
    try {
      return await Promise.race([body(controller.signal), expiry]);
    } finally {
      clock.clearTimer(timer);
    }
  },
};

/** Combines the caller's signal with its own. */
const byHand: OneBody = {
  run(body, surroundings) {
    return asIs.run((signal) => body(AbortSignal.any([signal, surroundings.signal])), surroundings);
  },
};

export const timerRace: Row = { name: "Promise.race with a timer", runs: "one body", asIs, byHand, rules: {} };
