import { time, timeAfterCollection } from "../measure.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies, type BodyName } from "../work.js";

const titles: Record<BodyName, string> = { none: "no await", microtask: "a microtask", macrotask: "a macrotask" };

const cases = [1_000, 100_000].flatMap((n) =>
  (["none", "microtask", "macrotask"] as const).map((body): Case => ({
    id: `${n}-${body}`,
    title: `${n.toLocaleString("en")} tasks, ${titles[body]} each`,
    unit: "ns",
    floor: "promiseAll",
    n,
    program: "startAndJoin",
    variant: body,
    measure: (programs, n, effort) => time(() => programs.startAndJoin!(n, bodies[body]), n, effort),
  })),
);

const collected: Case = {
  id: "1000-collected",
  title: "1,000 tasks, a microtask each, after a full collection",
  unit: "ns",
  floor: "promiseAll",
  n: 1_000,
  program: "startAndJoin",
  variant: "microtask",
  measure: (programs, n, effort) => timeAfterCollection(() => programs.startAndJoin!(n, bodies.microtask), n, effort),
};

const ours = ["taskGroup", "supervisor"];

export const startAndJoin: Scenario = {
  id: "A",
  title: "Start and join",
  about:
    "So many tasks are started at once, and waited for. The floor is `Promise.all`. A task waits for nothing, for one microtask " +
    "(`await` of a resolved promise), or for one macrotask (`setImmediate`); in asyncio, which has no microtasks, the latter two are `sleep(0)`. " +
    "The last column is what comes right after a full garbage collection, while V8 compiles anew what it had compiled for objects of which " +
    "none was left.",
  cases: [...cases, collected],
  goals: [
    {
      text: "at most 1.25 times `Promise.allSettled`, which waits for all, too",
      of: ours,
      limit: { times: 1.25, of: ["allSettled"] },
    },
    { text: "ahead of every JavaScript peer", of: ours, limit: { times: 1, of: "every peer" } },
    { text: "at least 3 times as fast as asyncio", of: ours, limit: { times: 1 / 3, of: ["asyncio"] } },
    { text: "at least 20 times as fast as Effection", of: ours, limit: { times: 1 / 20, of: ["effection"] } },
  ],
};
