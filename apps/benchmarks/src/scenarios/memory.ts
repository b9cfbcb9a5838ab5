import { growth, retained } from "../measure.js";
import type { Programs, Wait } from "../programs.js";
import type { Case, Scenario } from "../scenario.js";
import { expectWork } from "../work.js";

const pending = (["for ever", "sleeping"] as const).map((wait): Case => ({
  id: wait === "sleeping" ? "sleeping" : "for-ever",
  title: wait === "sleeping" ? "a task that sleeps" : "a task that waits for ever",
  unit: "bytes",
  floor: "promiseAll",
  n: 10_000,
  rounds: 3,
  program: "hold",
  variant: wait,
  measure: (programs, n) => retained((n) => hold(programs, n, wait), n),
}));

/** What holds so many pending tasks, and then proves that they were pending. */
async function hold(programs: Programs, n: number, wait: Wait): Promise<() => Promise<void>> {
  const release = await programs.hold!(n, wait);
  expectWork(n, 0);
  return async () => {
    await release();
    expectWork(n, n);
  };
}

const MANY = 1_000_000;

export const memory: Scenario = {
  id: "D",
  title: "Memory",
  about:
    "The bytes that stay on the heap, after full collections: for each of 10,000 pending tasks; for each of 100,000 open scopes; and for " +
    "each of 1,000,000 tasks, timeouts or scopes that came and went under something that lives on. Whoever needs more than some seconds " +
    "for the million is measured at as many as it could do. The bytes of asyncio are those that `tracemalloc` counts.",
  cases: [
    ...pending,
    {
      id: "scope",
      title: "an open scope",
      unit: "bytes",
      n: 100_000,
      rounds: 3,
      program: "holdScopes",
      measure(programs, n) {
        // The array is there before.
        const kept = new Map<number, unknown[]>([Math.ceil(n / 10), n].map((size) => [size, emptyArray(size)]));
        return retained((n) => Promise.resolve(programs.holdScopes!(kept.get(n)!)), n);
      },
    },
    {
      id: "growth",
      title: "each that has come and gone",
      unit: "bytes",
      n: MANY,
      rounds: 3,
      program: "open",
      measure: (programs, n) => growth(programs.open!, n),
    },
  ],
  goals: [
    {
      text: "waiting for ever, at most 1.25 times `Promise.all`",
      of: ["taskGroup", "supervisor"],
      cases: ["for-ever"],
      limit: { times: 1.25, of: ["promiseAll"] },
    },
    {
      text: "sleeping, less than `Promise.all`",
      of: ["taskGroup", "supervisor"],
      cases: ["sleeping"],
      limit: { times: 1, of: ["promiseAll"] },
    },
    {
      text: "sleeping, less than every peer",
      of: ["taskGroup", "supervisor"],
      cases: ["sleeping"],
      limit: { times: 1, of: "every peer" },
    },
    { text: "a scope takes at most 120 bytes", of: ["scope"], cases: ["scope"], limit: { atMost: 120 } },
    {
      text: "nothing grows",
      of: ["taskGroup", "supervisor", "timeout", "scope"],
      cases: ["growth"],
      limit: { atMost: 0 },
    },
  ],
};

function emptyArray(size: number): undefined[] {
  return new Array<undefined>(size).fill(undefined);
}
