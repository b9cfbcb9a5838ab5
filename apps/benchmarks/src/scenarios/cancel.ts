import { ManualClock } from "../manual-clock.js";
import { time, timePrepared, type Trial } from "../measure.js";
import type { LiveGroup, Programs } from "../programs.js";
import type { Case, Scenario } from "../scenario.js";

const sizes = [1_000, 100_000];

const wide = sizes.map((n): Case => ({
  id: `wide-${n}`,
  title: `${n.toLocaleString("en")} side by side`,
  unit: "ns",
  floor: "rejectedByHand",
  n,
  program: "cancelWide",
  measure: (programs, n, effort) => time(() => programs.cancelWide!(n), n, effort),
}));

const deep = sizes.map((n): Case => ({
  id: `deep-${n}`,
  title: `${n.toLocaleString("en")} deep`,
  unit: "ns",
  floor: "groupByHand",
  n,
  program: "cancelDeep",
  measure: (programs, n, effort) => time(() => programs.cancelDeep!(n), n, effort),
}));

const one: readonly Case[] = [
  {
    id: "one",
    title: "one task of a live group",
    unit: "ns",
    n: 1_000,
    program: "cancelOne",
    measure: (programs, n, effort) => timePrepared((n) => oneByOne(programs, n), n, effort),
  },
  {
    id: "limit",
    title: "a time limit that fires",
    unit: "ns",
    n: 1_000,
    program: "limitFires",
    measure: (programs, n, effort) => timePrepared((n) => fires(programs, n), n, effort),
  },
];

async function oneByOne(programs: Programs, n: number): Promise<Trial> {
  const group: LiveGroup = await programs.cancelOne!(n);
  return {
    async run() {
      for (let i = 0; i < n; i++) await group.cancel(i);
    },
    close: () => group.close(),
  };
}

/** Each limit fires later than the one before, and is waited for before the next fires. */
function fires(programs: Programs, n: number): Trial {
  const clock = new ManualClock();
  const limited = Array.from({ length: n }, (_, i) => programs.limitFires!(i + 1, clock));
  return {
    async run() {
      for (let i = 0; i < n; i++) {
        clock.fireNext();
        await limited[i];
      }
    },
  };
}

export const cancel: Scenario = {
  id: "B",
  title: "Cancel, until all have ended",
  about:
    "Tasks are started, wait for ever, are cancelled by one call, and are waited for; starting them is included. Side by side they have one " +
    "owner. The floor is as many promises that are rejected by hand, because a cancelled task ends by an error that is thrown where it waits; the line " +
    "for promises that are resolved shows what this alone costs. Deep, each task owns the next in another group and ends after it; the floor is a group written by " +
    "hand at each level. The last two columns are absolute: 1,000 tasks of a live group are cancelled and waited for one by one; 1,000 pending time limits " +
    "fire one by one, on a clock that the benchmark moves, so the platform's timers are not included. Starting is not included in these two.",
  cases: [...wide, ...deep, ...one],
};
