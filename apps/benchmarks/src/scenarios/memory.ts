import { leftBehind, retained } from "../retained.js";
import { type Programs, type Thing, things, type Wait } from "../programs.js";
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

/** Holds so many pending tasks, and then proves that they were pending. */
async function hold(programs: Programs, n: number, wait: Wait): Promise<() => Promise<void>> {
  const release = await programs.hold!(n, wait);
  expectWork(n, 0);
  return async () => {
    await release();
    expectWork(n, n);
  };
}

const scope: Case = {
  id: "scope",
  title: "an open scope",
  unit: "bytes",
  n: 100_000,
  rounds: 3,
  program: "holdScopes",
  measure(programs, n) {
    // The arrays exist before.
    const kept = new Map<number, unknown[]>([Math.ceil(n / 10), n].map((size) => [size, emptyArray(size)]));
    return retained((n) => Promise.resolve(programs.holdScopes!(kept.get(n)!)), n);
  },
};

function emptyArray(size: number): undefined[] {
  return new Array<undefined>(size).fill(undefined);
}

const left = (Object.keys(things) as Thing[]).map((thing): Case => ({
  id: `left-${thing}`,
  title: `left of ${things[thing]}`,
  unit: "bytes",
  n: 1_000_000,
  rounds: 1,
  atMost: 25_000,
  program: "comeAndGo",
  variant: thing,
  takesPart: ({ comeAndGo }) => comeAndGo?.[thing] !== undefined,
  measure: (programs, n) => leftBehind(programs.comeAndGo![thing]!, n),
}));

export const memory: Scenario = {
  id: "D",
  title: "Memory",
  about:
    "The bytes that stay on the heap after full collections: for each of 10,000 pending tasks; for each of 100,000 open scopes; and for each of " +
    "1,000,000 things that came and went under something that lives on. A contestant that needs more than 12 seconds for the million is measured " +
    "with as many as it could do. The bytes of asyncio and Trio are those that `tracemalloc` counts; those of Go are heap and stacks.",
  cases: [...pending, scope, ...left],
};
