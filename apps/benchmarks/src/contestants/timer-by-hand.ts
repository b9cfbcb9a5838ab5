/** A timer and an `AbortController` for each operation: what a user writes without a library. */
import type { ManualClock } from "../manual-clock.js";
import { LONG, type Programs, type Request } from "../programs.js";
import { work } from "../work.js";
import { aborted } from "./aborted.js";

export const programs: Programs = {
  limitInTurn: inTurn,
  limitTogether: together,
  requestInTurn: inTurn,
  requestTogether: together,

  async limitFires(ms, clock) {
    try {
      await limitedOnClock(waitForEver, ms, clock);
    } catch {
      return;
    }
    throw new Error("expected the time limit to be reached");
  },
};

async function inTurn(n: number, request: Request): Promise<void> {
  for (let i = 0; i < n; i++) await limited(request);
}

function together(n: number, request: Request): Promise<unknown> {
  const all: Promise<void>[] = [];
  for (let i = 0; i < n; i++) all.push(limited(request));
  return Promise.all(all);
}

async function limited(request: Request): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new Error("timed out"));
  }, LONG);
  try {
    await request(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function limitedOnClock(request: Request, ms: number, clock: ManualClock): Promise<void> {
  const controller = new AbortController();
  const timer = clock.setTimer(() => {
    controller.abort(new Error("timed out"));
  }, ms);
  try {
    await request(controller.signal);
  } finally {
    clock.clearTimer(timer);
  }
}

async function waitForEver(signal: AbortSignal): Promise<void> {
  work.started++;
  try {
    await aborted(signal);
  } finally {
    work.ended++;
  }
}
