import { time, timeAfterCollection } from "../measure.js";
import { allocated } from "../retained.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies, type BodyName, closeGate } from "../work.js";

const base = { unit: "ns", floor: "allSettled", program: "startAndJoin" } as const;

const titles = { none: "no await", microtask: "a microtask", macrotask: "a macrotask" } as const;

const few = (["none", "microtask", "macrotask"] as const).map((body): Case => ({
  ...base,
  id: `1000-${body}`,
  title: `1,000 tasks, ${titles[body]} each`,
  n: 1_000,
  variant: body,
  measure: (programs, n, effort) => time(() => programs.startAndJoin!(n, bodies[body]), n, effort),
}));

const collected: Case = {
  ...base,
  id: "1000-collected",
  title: "1,000 tasks, a microtask each, after a full collection",
  n: 1_000,
  javaScriptOnly: true,
  measure: (programs, n, effort) => timeAfterCollection(() => programs.startAndJoin!(n, bodies.microtask), n, effort),
};

const many = [30_000, 60_000, 130_000, 250_000].map((n): Case => ({
  ...base,
  id: `many-${n}`,
  title: `${n.toLocaleString("en")} tasks, a microtask each`,
  n,
  javaScriptOnly: true,
  only: ["promiseAll", "allSettled", "taskGroup", "supervisor", "gather"],
  measure: (programs, n, effort) => time(() => programs.startAndJoin!(n, bodies.microtask), n, effort),
}));

const gated = [30_000, 130_000].map((n): Case => ({
  ...base,
  id: `gate-${n}`,
  title: `${n.toLocaleString("en")} tasks alive at once`,
  n,
  variant: "gate" satisfies BodyName,
  javaScriptOnly: n > 30_000,
  measure(programs, n, effort) {
    const run = (): unknown => {
      closeGate(n);
      return programs.startAndJoin!(n, bodies.gate);
    };
    return time(run, n, effort);
  },
}));

const bytes: Case = {
  ...base,
  id: "bytes",
  title: "allocated for each of 10,000 tasks",
  unit: "bytes",
  n: 10_000,
  rounds: 3,
  javaScriptOnly: true,
  nodeFlags: ["--min-semi-space-size=256", "--max-semi-space-size=256"], // nothing is collected meanwhile
  measure: (programs, n) => allocated(() => programs.startAndJoin!(n, bodies.microtask), n),
};

export const startAndJoin: Scenario = {
  id: "A",
  title: "Start and join",
  about:
    "Tasks are started at once and waited for. The floor is `Promise.allSettled`. A task waits for nothing, for one microtask " +
    "(`await` of a resolved promise), or for one macrotask (`setImmediate`). asyncio and Trio have no microtasks: there a task waits for one turn of the " +
    "loop instead, and in Go it calls `runtime.Gosched()`. *Alive at once*: all tasks wait at one gate, which the last one opens, so a library that " +
    "starts some tasks only when others have ended has to keep them all. *After a full collection*: V8 compiles again what it had compiled for objects of " +
    "which none was left. *Allocated*: all bytes, also those that are soon garbage.",
  cases: [...few, collected, ...many, ...gated, bytes],
};
