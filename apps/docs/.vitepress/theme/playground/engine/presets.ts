import type { Primitive } from "./primitives.js";
import { type Workload, workloadOf } from "./workload.js";

/** The settings of the playground. */
export interface Setup {
  readonly first: Primitive;
  readonly second: Primitive;
  readonly workload: Workload;
}

/** An example. */
export interface Preset {
  /** Its name in links. */
  readonly id: string;
  readonly title: string;
  /** What the example shows, and why. */
  readonly lesson: string;
  readonly setup: Setup;
}

export const presets: readonly [Preset, ...Preset[]] = [
  {
    id: "one-fails",
    title: "One fails, all stop",
    lesson:
      "`orders` fails. `TaskGroup` cancels the other two, waits until they have stopped, and throws a group of errors. `Promise.all` throws as soon as `orders` fails, and leaves the other two running.",
    setup: {
      first: "TaskGroup",
      second: "Promise.all",
      workload: workloadOf([300, { takes: 150, fails: true }, { takes: 400, cleanup: 50 }]),
    },
  },
  {
    id: "rest-go-on",
    title: "One fails, the rest continue",
    lesson:
      "The same failure under two policies. In a `Supervisor` a failure affects only its task: `onError` is called, and the others run on. In a `TaskGroup` the tasks belong together, so it cancels them.",
    setup: {
      first: "Supervisor",
      second: "TaskGroup",
      workload: workloadOf([300, { takes: 150, fails: true }, { takes: 400, cleanup: 50 }]),
    },
  },
  {
    id: "cleanup",
    title: "Cleanup is waited for",
    lesson:
      "`user` wins. `race` cancels the losers and settles when both have cleaned up. `Promise.race` settles at once: the losers run to their end, and hold their resources until then.",
    setup: {
      first: "race",
      second: "Promise.race",
      workload: workloadOf([150, { takes: 300, cleanup: 60 }, { takes: 400, cleanup: 120 }]),
    },
  },
  {
    id: "every-error",
    title: "Every error is reported",
    lesson:
      "`orders` fails, and `reviews` is cancelled and fails to clean up. `gather` throws both errors in one `ExceptionGroup`. `Promise.all` throws the first; the second is lost.",
    setup: {
      first: "gather",
      second: "Promise.all",
      workload: workloadOf([250, { takes: 150, fails: true }, { takes: 300, cleanup: 50, cleanupFails: true }]),
    },
  },
  {
    id: "ignores",
    title: "A task ignores cancellation",
    lesson:
      "`orders` takes no signal, and JavaScript cannot interrupt it. So `timeout` waits for it, although the time is up, and then throws: it settles only when nothing is running. The usual race with a timer is on time, and leaves all three running.",
    setup: {
      first: "timeout",
      second: "Promise.all",
      workload: workloadOf([300, { takes: 350, ignores: true }, 450], { timeout: 200 }),
    },
  },
  {
    id: "timeout",
    title: "Time is up",
    lesson:
      "Both cancel the work when the time is up, and wait for its cleanup. `timeout` throws an error, `moveOnAfter` resolves `undefined`.",
    setup: {
      first: "timeout",
      second: "moveOnAfter",
      workload: workloadOf([150, { takes: 400, cleanup: 60 }, 500], { timeout: 250 }),
    },
  },
  {
    id: "outer-cancel",
    title: "Cancelled from outside",
    lesson:
      "The user leaves after 200 ms. `TaskGroup` cancels the tasks, waits for them, and throws the outer cancellation. `Promise.allSettled` does not know about it: the code passes the signal to each task, and the caller gets a list as if nothing had happened.",
    setup: {
      first: "TaskGroup",
      second: "Promise.allSettled",
      workload: workloadOf([150, 400, { takes: 500, cleanup: 80 }], { cancelAt: 200 }),
    },
  },
  {
    id: "shutdown",
    title: "Shutdown with grace",
    lesson:
      "At 200 ms the supervisor is shut down with 100 ms of grace. `orders` ends within it; `reviews` and `stock` are cancelled at its end. The caller gets a report. A `TaskGroup` has no shutdown: it waits for all.",
    setup: {
      first: "Supervisor",
      second: "TaskGroup",
      workload: workloadOf([150, 250, { takes: 500, cleanup: 60 }, 600], { shutdownAt: 200, grace: 100 }),
    },
  },
  {
    id: "limit",
    title: "Two at a time",
    lesson:
      "`map` starts a task when another has ended, and none after a failure: `prices` and `offers` are never called. `Promise.all` takes promises, so all six run from the start, and five of them to the end.",
    setup: {
      first: "map",
      second: "Promise.all",
      workload: workloadOf([150, 250, { takes: 300, cleanup: 50 }, { takes: 100, fails: true }, 250, 200], {
        limit: 2,
      }),
    },
  },
];
