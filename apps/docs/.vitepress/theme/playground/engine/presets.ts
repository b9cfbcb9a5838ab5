import type { Primitive } from "./primitives.js";
import { type Workload, workloadOf } from "./workload.js";

/** All that can be chosen. */
export interface Setup {
  readonly first: Primitive;
  readonly second: Primitive;
  readonly workload: Workload;
}

/** Something to see. */
export interface Preset {
  /** What links call it. */
  readonly id: string;
  readonly title: string;
  /** What there is to see, and why. */
  readonly lesson: string;
  readonly setup: Setup;
}

export const presets: readonly [Preset, ...Preset[]] = [
  {
    id: "one-fails",
    title: "One fails, all stop",
    lesson:
      "`orders` fails. `TaskGroup` cancels the other two, waits until they have stopped, and throws a group of errors. `Promise.all` throws at the same time, and leaves them running: nobody waits for them any more.",
    setup: {
      first: "TaskGroup",
      second: "Promise.all",
      workload: workloadOf([300, { takes: 150, fails: true }, { takes: 400, cleanup: 50 }]),
    },
  },
  {
    id: "rest-go-on",
    title: "One fails, the rest go on",
    lesson:
      "The same failure, two policies. To a `Supervisor` it is one task's affair: `onError` is told, and the others go on. To a `TaskGroup` the tasks belong together, so it stops them.",
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
      "`user` wins. `race` cancels the losers and comes back when both have cleaned up. `Promise.race` comes back at once: the losers work to their end, and what they hold is let go of whenever that is.",
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
      "`orders` fails, and being cancelled, `reviews` fails to clean up. `gather` throws both, in one `ExceptionGroup`. `Promise.all` throws the first; the second reaches nobody.",
    setup: {
      first: "gather",
      second: "Promise.all",
      workload: workloadOf([250, { takes: 150, fails: true }, { takes: 300, cleanup: 50, cleanupFails: true }]),
    },
  },
  {
    id: "ignores",
    title: "It ignores cancellation",
    lesson:
      "`orders` takes no signal. JavaScript cannot interrupt it, so `timeout` waits for it, late as it is, and then throws: it gives control back when nothing is running, and not before. The usual race with a timer is on time, and leaves all three running.",
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
      "Both cancel the work when the time is up, and wait for its cleanup. `timeout` makes it an error, `moveOnAfter` resolves `undefined`.",
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
      "The user leaves after 200 ms. `TaskGroup` passes it on to the tasks, waits for them, and throws the outer cancellation. `Promise.allSettled` has no idea of it: each task has to be handed the signal, and the caller gets a list as if nothing had happened.",
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
      "At 200 ms the supervisor is shut down with 100 ms of grace. `orders` ends within it; `reviews` and `stock` are cancelled when it is over. The caller gets a report. A `TaskGroup` knows no shutdown: it waits for all.",
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
      "`map` starts a task when another has ended, and none after a failure: `prices` and `offers` are never called. `Promise.all` is handed promises, so all six run from the start, and five of them to the end.",
    setup: {
      first: "map",
      second: "Promise.all",
      workload: workloadOf([150, 250, { takes: 300, cleanup: 50 }, { takes: 100, fails: true }, 250, 200], {
        limit: 2,
      }),
    },
  },
];
