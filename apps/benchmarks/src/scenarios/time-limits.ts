import { ManualClock } from "../manual-clock.js";
import { type Effort, time } from "../measure.js";
import type { Programs } from "../programs.js";
import { openEcho, openFile } from "../requests.js";
import type { Scenario } from "../scenario.js";
import { bodies, resetWork, work } from "../work.js";

/** In 120 ms there are too few operations with I/O for the compiler. */
function longer(effort: Effort): Effort {
  return { ...effort, warmUp: effort.warmUp * 6, measured: effort.measured * 2, atMost: effort.atMost * 6 };
}

export const timeLimits: Scenario = {
  id: "C",
  title: "Time limits that are not reached",
  about:
    "Operations are performed under a time limit each, which none reaches. The floor is what a user writes: a timer and an `AbortController` for " +
    "each, whose signal the operation gets. In turn and at once, an operation is one microtask and reads no signal. With I/O, it gets the signal: in turn it is a " +
    "round trip over a socket to a server in another thread, at once it is `readFile` of a small file. *One deadline moved*: its floor is `clearTimeout` and `setTimeout`. " +
    "*Readings*: how often one move reads the clock.",
  cases: [
    {
      id: "io-in-turn",
      title: "500 round trips over a socket, in turn",
      unit: "ns",
      floor: "timerByHand",
      n: 500,
      program: "requestInTurn",
      async measure(programs, n, effort) {
        const { request, close } = await openEcho();
        const figure = await time(() => programs.requestInTurn!(n, request), n, longer(effort));
        await close();
        return figure;
      },
    },
    {
      id: "io-at-once",
      title: "500 files read at once",
      unit: "ns",
      floor: "timerByHand",
      n: 500,
      program: "requestTogether",
      async measure(programs, n, effort) {
        const { request, close } = await openFile();
        const figure = await time(() => programs.requestTogether!(n, request), n, longer(effort));
        await close();
        return figure;
      },
    },
    {
      id: "in-turn",
      title: "30,000 in turn",
      unit: "ns",
      floor: "timerByHand",
      n: 30_000,
      program: "limitInTurn",
      measure: (programs, n, effort) => time(() => programs.limitInTurn!(n, bodies.microtask), n, effort),
    },
    {
      id: "at-once",
      title: "30,000 at once",
      unit: "ns",
      floor: "timerByHand",
      n: 30_000,
      program: "limitTogether",
      measure: (programs, n, effort) => time(() => programs.limitTogether!(n, bodies.microtask), n, effort),
    },
    {
      id: "moved",
      title: "one deadline moved 100,000 times",
      unit: "ns",
      floor: "bareTimer",
      n: 100_000,
      program: "moveDeadline",
      measure: (programs, n, effort) => time(() => moved(programs.moveDeadline!(n), n), n, effort),
    },
    {
      id: "readings",
      title: "readings of the clock for a move",
      unit: "readings",
      n: 10_000,
      rounds: 1,
      javaScriptOnly: true,
      program: "moveOnClock",
      async measure(programs, n) {
        // What setting the limit reads is in both.
        return ((await readings(programs, 2 * n)) - (await readings(programs, n))) / n;
      },
    },
  ],
};

async function readings(programs: Programs, n: number): Promise<number> {
  const clock = new ManualClock();
  resetWork();
  await programs.moveOnClock!(n, clock);
  return clock.readings;
}

/** A move is counted as a task, so that the figure is that of one move. */
async function moved(moving: unknown, n: number): Promise<void> {
  await moving;
  work.started += n - 1;
  work.ended += n - 1;
}
