import pTimeout from "p-timeout";
import { LONG, type Programs } from "../programs.js";

export const programs: Programs = {
  async limitInTurn(n, operation) {
    for (let i = 0; i < n; i++) await pTimeout(operation(), { milliseconds: LONG });
  },

  limitTogether(n, operation) {
    const all: Promise<void>[] = [];
    for (let i = 0; i < n; i++) all.push(pTimeout(operation(), { milliseconds: LONG }));
    return Promise.all(all);
  },
};
