/** A clock that throws at any of its reads during a call, once or from then on (C1). */
import { describe, expect, it } from "vitest";
import {
  any,
  asCompleted,
  CancelScope,
  type Clock,
  gather,
  gatherSettled,
  map,
  mapSettled,
  race,
  TaskGroup,
  type TaskGroupOptions,
} from "../src/index.js";
import { outcomeOf } from "./outcome.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

const broken = new Error("the clock is broken");

/** What a call did, and how it ended. */
class Run {
  /** How many functions run. */ live = 0;
  /** How often the source's `return` was called. */ returns = 0;
  /** The source was opened, and not read to its end. */ isLeftEarly = false;

  readonly task = async <T>(value: T): Promise<T> => {
    this.live++;
    await new Promise((resolve) => setImmediate(resolve));
    this.live--;
    return value;
  };

  get tasks(): (() => Promise<number>)[] {
    return [0, 1, 2].map((value) => () => this.task(value));
  }

  get items(): AsyncIterable<number> {
    let count = 0;
    return {
      [Symbol.asyncIterator]: () => {
        this.isLeftEarly = true;
        return {
          next: async () => {
            if (count < 3) return { done: false, value: count++ };
            this.isLeftEarly = false;
            return { done: true, value: undefined };
          },
          return: async () => (this.returns++, { done: true, value: undefined }),
        };
      },
    };
  }
}

const all = [0, 1, 2];
const limit = 2;

/** Each call, and whether a value is one that it may resolve with although its clock has thrown. */
const calls: [string, (run: Run, options: TaskGroupOptions) => Promise<unknown>, (value: never) => void][] = [
  ["gather", (run, options) => gather(run.tasks, options), isAll],
  ["gather with a limit", (run, options) => gather(run.tasks, { ...options, limit }), isAll],
  ["gatherSettled", (run, options) => gatherSettled(run.tasks, options), isSettled],
  ["gatherSettled with a limit", (run, options) => gatherSettled(run.tasks, { ...options, limit }), isSettled],
  ["gatherSettled with a time", (run, options) => gatherSettled(run.tasks, { ...options, within: 1_000 }), isSettled],
  ["race", (run, options) => race(run.tasks, options), isOne],
  ["any", (run, options) => any(run.tasks, options), isOne],
  ["map", (run, options) => map(run.items, run.task, { ...options, limit }), isAll],
  ["map of an array", (run, options) => map(all, run.task, { ...options, limit }), isAll],
  ["mapSettled", (run, options) => mapSettled(run.items, run.task, { ...options, limit }), isSettled],
  ["mapSettled of an array", (run, options) => mapSettled(all, run.task, { ...options, limit }), isSettled],
  [
    "mapSettled with a time",
    (run, options) => mapSettled(run.items, run.task, { ...options, limit, within: 1_000 }),
    isSettled,
  ],
  ["asCompleted", (run, options) => outcomes(asCompleted(run.tasks, options)), isSettled],
  [
    "asCompleted of a source",
    (run, options) => outcomes(asCompleted(run.items, run.task, { ...options, limit })),
    isSettled,
  ],
  ["a TaskGroup that is left", leaveGroup, (value) => expect(value).toBe("left")],
];

function isAll(value: never): void {
  expect(value).toEqual(all);
}

function isOne(value: never): void {
  expect(all).toContain(value);
}

/** The value of each function, or the clock's error if its task ended with it. */
function isSettled(value: PromiseSettledResult<unknown>[]): void {
  expect(value).toHaveLength(all.length);
  for (const outcome of value) expect(outcome.status === "fulfilled" || outcome.reason === broken).toBe(true);
}

async function outcomes(tasks: ReturnType<typeof asCompleted>): Promise<PromiseSettledResult<unknown>[]> {
  const results: PromiseSettledResult<unknown>[] = [];
  for await (const task of tasks) {
    const { status } = task;
    results.push(
      status === "fulfilled" ? { status, value: task.result() } : { status: "rejected", reason: task.exception() },
    );
  }
  return results;
}

async function leaveGroup(run: Run, options: TaskGroupOptions): Promise<string> {
  const group = new TaskGroup(options);
  try {
    for (const task of run.tasks) group.createTask(task);
    await Promise.resolve();
  } finally {
    await group[Symbol.asyncDispose]();
  }
  return "left";
}

function leavesOf(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(leavesOf) : [error];
}

describe.each(calls)("%s", (_, call, checkValue) => {
  it.each([
    ["once", false],
    ["from then on", true],
  ])("a call whose clock throws %s, at any read, loses nothing (C1, T1, T12)", async (__, throwsOn) => {
    for (let at = 0, hasThrown = true; hasThrown; at++) {
      let looks: number | undefined;
      hasThrown = false;
      const clock: Clock = {
        now() {
          if (looks !== undefined && (looks++ === at || (throwsOn && looks > at))) {
            hasThrown = true;
            throw broken;
          }
          return 0;
        },
        setTimer: () => 0,
        clearTimer() {},
      };
      const parent = new CancelScope({ clock, deadline: 1_000 });
      looks = 0;
      const run = new Run();
      const uncaught = await uncaughtDuring(async () => {
        const { value, error } = await outcomeOf((async () => call(run, { parent }))());
        expect(run.live).toBe(0);
        expect(run.returns).toBe(run.isLeftEarly ? 1 : 0);
        if (value !== undefined) checkValue(value as never);
        else expect(leavesOf(error)).toContain(broken);
      });
      expect(uncaught).toEqual([]);
    }
  });
});
