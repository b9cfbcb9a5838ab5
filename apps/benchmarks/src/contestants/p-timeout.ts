import pTimeout from "p-timeout";
import { LONG, type Programs } from "../programs.js";
import { work } from "../work.js";

/** It has no signal for the operation. */
const { signal } = new AbortController();

export const programs: Programs = {
  async limitInTurn(n, operation) {
    for (let i = 0; i < n; i++) await pTimeout(operation(), { milliseconds: LONG });
  },

  limitTogether(n, operation) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(pTimeout(operation(), { milliseconds: LONG }));
    return Promise.all(all);
  },

  async requestInTurn(n, request) {
    for (let i = 0; i < n; i++) await pTimeout(request(signal), { milliseconds: LONG });
  },

  requestTogether(n, request) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(pTimeout(request(signal), { milliseconds: LONG }));
    return Promise.all(all);
  },

  async limitFires(ms, clock) {
    work.started++;
    const customTimers = {
      setTimeout: ((callback: () => void, delay: number) =>
        clock.setTimer(callback, delay)) as unknown as typeof setTimeout,
      clearTimeout: (timer: unknown) => clock.clearTimer(timer),
    };
    const limited = pTimeout(new Promise<void>(() => {}), { milliseconds: ms, customTimers });
    try {
      await limited;
    } catch {
      work.ended++;
    }
  },
};
