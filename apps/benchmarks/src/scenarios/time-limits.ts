import { armedTimers, time } from "../measure.js";
import type { Scenario } from "../scenario.js";
import { bodies, work } from "../work.js";

export const timeLimits: Scenario = {
  id: "C",
  title: "Time limits that are not reached",
  about:
    "So many operations, of one microtask each, are performed under a time limit each, which none reaches: one after another, and all " +
    "at once. The floor is a `setTimeout` before and a `clearTimeout` after each; to move a deadline, both. The timers are those that the " +
    "platform has armed while all operations are under way.",
  cases: [
    {
      id: "in-turn",
      title: "100,000 in turn",
      unit: "ns",
      floor: "timerByHand",
      n: 100_000,
      program: "limitInTurn",
      measure: (programs, n, effort) => time(() => programs.limitInTurn!(n, bodies.microtask), n, effort),
    },
    {
      id: "together",
      title: "100,000 at once",
      unit: "ns",
      floor: "timerByHand",
      n: 100_000,
      program: "limitTogether",
      measure: (programs, n, effort) => time(() => programs.limitTogether!(n, bodies.microtask), n, effort),
    },
    {
      id: "moved",
      title: "one deadline moved 1,000,000 times",
      unit: "ns",
      floor: "timerByHand",
      n: 1_000_000,
      program: "moveDeadline",
      measure: (programs, n, effort) => time(() => moved(programs.moveDeadline!(n), n), n, effort),
    },
    {
      id: "timers",
      title: "timers armed for 100,000 at once",
      unit: "timers",
      n: 100_000,
      rounds: 1,
      javaScriptOnly: true,
      program: "limitTogether",
      measure: (programs, n) => armedTimers(programs.limitTogether!, n),
    },
  ],
  goals: [
    {
      text: "never dearer than the hand-written timer",
      of: ["timeout"],
      cases: ["in-turn", "together"],
      limit: { times: 1, of: ["timerByHand"] },
    },
    {
      text: "at least 4 times as fast as p-timeout and Effect",
      of: ["timeout"],
      cases: ["in-turn", "together"],
      limit: { times: 1 / 4, of: ["pTimeout", "effect"] },
    },
    {
      text: "moving a deadline later costs less than a tenth of `clearTimeout` and `setTimeout`",
      of: ["timeout", "scope"],
      cases: ["moved"],
      limit: { times: 1 / 10, of: ["timerByHand"] },
    },
    { text: "at most one platform timer is armed", of: ["timeout"], cases: ["timers"], limit: { atMost: 1 } },
  ],
};

/** A move is counted as a task, so that the figure is that of one. */
async function moved(moving: unknown, n: number): Promise<void> {
  await moving;
  work.started += n - 1;
  work.ended += n - 1;
}
