import type { Goal, Limit } from "./goal.js";
import { things } from "./programs.js";
import { streamCase, streamSizes } from "./scenarios/flow.js";
import { growthSizes } from "./scenarios/growth.js";

const groups = ["taskGroup", "supervisor", "gather"];
const owners = ["taskGroup", "supervisor"];
const thousand = ["1000-none", "1000-microtask", "1000-macrotask"];
const handOvers = ["hand-over-0", "hand-over-16"];
const gated = ["gate-30000", "gate-130000"];
const limited = ["1000", "100000"].flatMap((n) => ["none", "microtask", "macrotask"].map((body) => `${n}-${body}`));

function ratio(times: number, ...to: readonly string[]): Limit {
  return { kind: "ratio", times, to };
}

function atMost(figure: number): Limit {
  return { kind: "absolute", atMost: figure };
}

/** Every goal, in the order of the report. */
export const goals: readonly Goal[] = [
  {
    scenario: "A",
    text: "1,000 tasks: at most 1.0 of `Promise.allSettled`",
    of: groups,
    cases: thousand,
    limit: ratio(1, "allSettled"),
  },
  {
    scenario: "A",
    text: "many tasks: at most 1.25 of `Promise.allSettled`, in the mean over 30k, 60k, 130k and 250k",
    of: groups,
    cases: ["many-30000", "many-60000", "many-130000", "many-250000"],
    limit: { kind: "mean ratio", times: 1.25, to: ["allSettled"] },
  },
  {
    scenario: "A",
    text: "bytes of a task: at most 1.15 of `Promise.allSettled`",
    of: owners,
    cases: ["bytes"],
    limit: ratio(1.15, "allSettled"),
  },
  {
    scenario: "A",
    text: "many tasks: ahead of every peer, where all tasks are alive at once",
    of: groups,
    cases: gated,
    limit: { kind: "ratio", times: 1, to: "every peer" },
  },
  {
    scenario: "A",
    text: "at least 3 times as fast as asyncio",
    of: groups,
    cases: [...thousand, "gate-30000"],
    limit: ratio(1 / 3, "asyncio"),
  },
  {
    scenario: "B",
    text: "1,000 side by side: at most 1.25 of promises rejected by hand",
    of: owners,
    cases: ["wide-1000"],
    limit: ratio(1.25, "rejectedByHand"),
  },
  {
    scenario: "B",
    text: "100,000 side by side: at most 1.6 of promises rejected by hand",
    of: owners,
    cases: ["wide-100000"],
    limit: ratio(1.6, "rejectedByHand"),
  },
  {
    scenario: "B",
    text: "`CancelScope`, side by side: at most 2.5 of promises rejected by hand",
    of: ["scope"],
    cases: ["wide-1000", "wide-100000"],
    limit: ratio(2.5, "rejectedByHand"),
  },
  {
    scenario: "B",
    text: "side by side: ahead of Effect with async functions",
    of: [...owners, "scope"],
    cases: ["wide-1000", "wide-100000"],
    limit: ratio(1, "effectAsync"),
  },
  {
    scenario: "B",
    text: "deep: at most 1.5 of a group by hand at each level",
    of: owners,
    cases: ["deep-1000", "deep-100000"],
    limit: ratio(1.5, "groupByHand"),
  },
  { scenario: "B", text: "one task: at most 4 µs", of: owners, cases: ["one"], limit: atMost(4_000) },
  {
    scenario: "B",
    text: "a time limit that fires: at most 4 µs",
    of: ["timeout"],
    cases: ["limit"],
    limit: atMost(4_000),
  },
  {
    scenario: "C",
    text: "with real I/O: at most 1.1 of a timer and an `AbortController` by hand",
    of: ["timeout"],
    cases: ["io-in-turn", "io-at-once"],
    limit: ratio(1.1, "timerByHand"),
  },
  {
    scenario: "C",
    text: "in turn: at most 1.3 of a timer and an `AbortController` by hand",
    of: ["timeout"],
    cases: ["in-turn"],
    limit: ratio(1.3, "timerByHand"),
  },
  {
    scenario: "C",
    text: "at once: at most 1.25 of a timer and an `AbortController` by hand",
    of: ["timeout"],
    cases: ["at-once"],
    limit: ratio(1.25, "timerByHand"),
  },
  {
    scenario: "C",
    text: "a moved deadline reads the clock at most twice",
    of: ["timeout", "timeoutRefresh", "scope"],
    cases: ["readings"],
    limit: atMost(2),
  },
  {
    scenario: "D",
    text: "a pending task: at most 1.25 of `Promise.all`",
    of: owners,
    cases: ["for-ever"],
    limit: ratio(1.25, "promiseAll"),
  },
  {
    scenario: "D",
    text: "a sleeping task: at most 1.2 of `Promise.all`",
    of: owners,
    cases: ["sleeping"],
    limit: ratio(1.2, "promiseAll"),
  },
  { scenario: "D", text: "a scope: at most 112 bytes", of: ["scope"], cases: ["scope"], limit: atMost(112) },
  {
    scenario: "D",
    text: "nothing is left of a million of each thing",
    of: [...owners, "timeout", "scope"],
    cases: Object.keys(things).map((thing) => `left-${thing}`),
    limit: atMost(0),
  },
  {
    scenario: "E",
    text: "`map`: at most 1.0 of p-map in every case",
    of: ["gather"],
    cases: limited,
    limit: ratio(1, "pMap"),
  },
  {
    scenario: "E",
    text: "`TaskGroup` with a limit: at most 0.6 of p-limit",
    of: ["taskGroup"],
    cases: limited,
    limit: ratio(0.6, "pLimit"),
  },
  {
    scenario: "E",
    text: "`TaskGroup` with a limit: at most 1.2 of p-map",
    of: ["taskGroup"],
    cases: limited,
    limit: ratio(1.2, "pMap"),
  },
  size("scope and task-group", "scopeAndTaskGroup", 9.5),
  size("scope and supervisor", "scopeAndSupervisor", 10.5),
  size("all five", "allFive", 14.5),
  size("only `TaskGroup`", "onlyTaskGroup", 8),
  size("only `CancelScope`", "onlyCancelScope", 5.5),
  size("only `timeout`", "onlyTimeout", 6.5),
  {
    scenario: "F",
    text: "an import takes no longer than Effection's",
    of: ["scopeAndTaskGroup", "scopeAndSupervisor", "scopeAndTimeout", "allFive"],
    cases: ["import"],
    limit: ratio(1, "packageOfEffection"),
  },
  {
    scenario: "G",
    text: "every task reads its signal: at most 1.2 of an `AbortController` each",
    of: owners,
    cases: ["cancelled", "ended"],
    limit: ratio(1.2, "controllers"),
  },
  {
    scenario: "H",
    text: "`Semaphore.run`: ahead of async-mutex and p-limit",
    of: ["semaphore"],
    cases: ["guarded-1-none", "guarded-1-microtask", "guarded-8-none", "guarded-8-microtask"],
    limit: ratio(1, "asyncMutex", "pLimit"),
  },
  {
    scenario: "H",
    text: "a `retry` that succeeds at once: at most 1.2 of `CancelScope.run`",
    of: ["retry"],
    cases: ["retried"],
    limit: ratio(1.2, "scope"),
  },
  {
    scenario: "H",
    text: "a token that is free, and a value that is kept: at most 0.3 µs",
    of: ["rateLimiter", "flights"],
    cases: ["rate", "kept"],
    limit: atMost(300),
  },
  {
    scenario: "H",
    text: "`Channel`, an item from one task to another: at most 1.5 of a promise by hand",
    of: ["channel"],
    cases: handOvers,
    limit: ratio(1.5, "byHand"),
  },
  {
    scenario: "H",
    text: "`Channel`, an item from one task to another: ahead of Effect's `Queue`",
    of: ["channel"],
    cases: handOvers,
    limit: ratio(1, "effect"),
  },
  stream("one stage, as they arrive", 1, false),
  stream("one stage, in order", 1, true),
  stream("three stages, as they arrive", 3, false),
  stream("three stages, in order", 3, true),
  linear("tasks", "tasks", groups),
  linear("cancelled side by side", "wide", [...owners, "scope"]),
  linear("cancelled deep", "deep", [...owners, "scope"]),
  linear("cancelled deep, where the leaf fails in its cleanup", "failing", [...owners, "scope"]),
  linear("restarts in one window", "restarts", ["supervisor"]),
  linear("looks among as many deadlines", "looks", ["scope"]),
  {
    scenario: "J",
    text: "an empty observer: at most 1.5 of an unobserved group",
    of: ["emptyObserver"],
    cases: ["1000-unnamed", "1000-named"],
    limit: ratio(1.5, "taskGroup"),
  },
  {
    scenario: "J",
    text: "a task without a span, and metrics: at most 3 of an unobserved group",
    of: ["namedSpans", "metrics"],
    cases: ["1000-unnamed"],
    limit: ratio(3, "taskGroup"),
  },
];

/** Node's `Readable.map` is always in order. */
function stream(what: string, stages: number, isOrdered: boolean): Goal {
  const cases = streamSizes.map((n) => streamCase(stages, isOrdered, n));
  const peers = isOrdered ? "`pMapIterable` and `Readable.map`" : "`pMapIterable`";
  const text = `\`mapStream\`, ${what}: ahead of ${peers}, in the mean over 100 and 10,000 items`;
  const to = isOrdered ? ["pMap", "readableMap"] : ["pMap"];
  return { scenario: "H", text, of: ["mapStream"], cases, limit: { kind: "mean ratio", times: 1, to } };
}

function size(what: string, contestant: string, kilobytes: number): Goal {
  const limit = atMost(kilobytes * 1_000);
  return { scenario: "F", text: `size of ${what}: at most ${kilobytes} kB`, of: [contestant], cases: ["size"], limit };
}

/**
 * Twice, because caches hold less of a larger heap, and each page of new memory costs. What is quadratic costs 100 times as much, and what is
 * linear only up to 100,000 costs more than twice as much, too.
 */
function linear(what: string, id: string, of: readonly string[]): Goal {
  const cases = growthSizes.map((n) => `${id}-${n}`);
  const text = `${what}: one of a million costs at most twice as much as one of 10,000`;
  return { scenario: "I", text, of, cases, limit: { kind: "growth", times: 2 } };
}
