import { time } from "../measure.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies } from "../work.js";

const N = 1_000;
/** After the usual time, the compiler is still at work in one process and not in the next. */
const WARM_UP = 400;

const guarded = ([1, 8] as const).flatMap((limit) =>
  (["none", "microtask"] as const).map((body): Case => ({
    id: `guarded-${limit}-${body}`,
    title: `${limit === 1 ? "a mutex" : "8 permits"}, ${body === "none" ? "no await" : "a microtask"} each`,
    unit: "ns",
    floor: "loops",
    n: N,
    program: "guarded",
    variant: body,
    measure: (programs, n, effort) => time(() => programs.guarded!(n, limit, bodies[body]), n, effort),
  })),
);

const inTurn: readonly Case[] = [
  {
    id: "retried",
    title: "a retry that succeeds at once",
    unit: "ns",
    floor: "scope",
    n: N,
    program: "retried",
    measure: (programs, n, effort) => time(() => programs.retried!(n, bodies.microtask), n, effort),
  },
  {
    id: "rate",
    title: "a token that is free",
    unit: "ns",
    n: N,
    program: "rateLimited",
    measure: (programs, n, effort) => time(() => programs.rateLimited!(n, bodies.none), n, effort),
  },
  {
    id: "kept",
    title: "a value that is kept",
    unit: "ns",
    n: N,
    program: "kept",
    measure: (programs, n, effort) => time(() => programs.kept!(n), n, effort),
  },
  {
    id: "breaker",
    title: "a breaker that is closed",
    unit: "ns",
    n: N,
    program: "broken",
    measure: (programs, n, effort) => time(() => programs.broken!(n, bodies.microtask), n, effort),
  },
];

const handOvers = [0, 16].map((capacity): Case => ({
  id: `hand-over-${capacity}`,
  title: capacity === 0 ? "an item from hand to hand" : `an item through a buffer of ${capacity}`,
  unit: "ns",
  floor: "byHand",
  n: N,
  program: "handOver",
  measure: (programs, n, effort) => time(() => programs.handOver!(n, capacity), n, effort),
}));

/** How many calls of a stage run at a time. */
const STREAM_LIMIT = 4;
/** A short stream shows what it costs to begin and to end. */
export const streamSizes: readonly number[] = [100, 10_000];

/** The name of a case with a stream. */
export function streamCase(stages: number, isOrdered: boolean, n: number): string {
  return `stream-${stages}-${isOrdered ? "ordered-" : ""}${n}`;
}

const streams = [1, 3].flatMap((stages) =>
  [false, true].flatMap((isOrdered) =>
    streamSizes.map((n): Case => {
      const program = isOrdered ? "streamInOrder" : "stream";
      return {
        id: streamCase(stages, isOrdered, n),
        title: `${n.toLocaleString("en")} items, ${stages === 1 ? "one stage" : `${stages} stages`}, ${isOrdered ? "in order" : "as they arrive"}`,
        unit: "ns",
        floor: "pMap",
        n,
        program,
        measure: (programs, n, effort) => time(() => programs[program]!(n, stages, STREAM_LIMIT), n, effort),
      };
    }),
  ),
);

export const flow: Scenario = {
  id: "H",
  title: "What flows between tasks",
  about:
    "1,000 callers ask for a semaphore at the same time, and each runs a function when it has its permit; the floor is as many loops by hand as there are " +
    "permits. Then one caller after another: a retry that succeeds at once, beside a bare `CancelScope.run`; a token of a rate limiter that is free; a value " +
    "that is kept; a circuit breaker that is closed. Then items that one task hands to another; the floor is a promise by hand for each wait. Then streams " +
    "of items through stages, each of which calls a function that waits for a microtask for at most four items at a time; the floor is p-map's `pMapIterable`.",
  cases: [...guarded, ...inTurn, ...handOvers, ...streams].map((each) => ({ ...each, warmUp: WARM_UP })),
};
