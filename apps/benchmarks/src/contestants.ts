import { fileURLToPath } from "node:url";
import type { Contestant, Foreigner } from "./contestant.js";
import type { Package, Programs } from "./programs.js";

/** Everybody in JavaScript who is measured, by the name that the command line knows. */
export const contestants: Readonly<Record<string, Contestant>> = {
  promiseAll: platform("`Promise.all`", () => import("./contestants/promise-all.js")),
  allSettled: platform("`Promise.allSettled`", () => import("./contestants/all-settled.js")),
  byHand: platform("by hand", () => import("./contestants/by-hand.js")),
  rejectedByHand: platform("by hand, with errors", () => import("./contestants/rejected-by-hand.js")),
  timerByHand: platform("`setTimeout`, `clearTimeout`", () => import("./contestants/timer-by-hand.js")),
  timerRefresh: platform("Node's `timer.refresh()`", () => import("./contestants/timer-refresh.js")),
  promiseRace: platform("`Promise.race`", () => import("./contestants/promise-race.js")),
  abortSignalTimeout: platform("`AbortSignal.timeout`", () => import("./contestants/abort-signal-timeout.js")),
  controllers: platform("an `AbortController` each", () => import("./contestants/controllers-by-hand.js")),
  sharedController: platform("one `AbortController`", () => import("./contestants/shared-controller.js")),
  linkedControllers: platform("a linked `AbortController` each", () => import("./contestants/linked-controllers.js")),
  abortSignalAny: platform("an `AbortSignal.any` each", () => import("./contestants/abort-signal-any.js")),

  taskGroup: selvage("`TaskGroup`", () => import("./contestants/task-group.js")),
  supervisor: selvage("`Supervisor`", () => import("./contestants/supervisor.js")),
  gather: selvage("`gather`, `map`", () => import("./contestants/gather.js")),
  scope: selvage("`CancelScope`", () => import("./contestants/cancel-scope.js")),
  timeout: selvage("`timeout`", () => import("./contestants/timeout.js")),

  pMap: peer("p-map", () => import("./contestants/p-map.js")),
  pLimit: peer("p-limit", () => import("./contestants/p-limit.js")),
  pQueue: peer("p-queue", () => import("./contestants/p-queue.js")),
  pTimeout: peer("p-timeout", () => import("./contestants/p-timeout.js")),
  abortControllerX: peer("abort-controller-x `spawn`", () => import("./contestants/abort-controller-x.js")),
  abortControllerXAll: peer("abort-controller-x `all`", () => import("./contestants/abort-controller-x-all.js")),
  effect: peer("Effect", () => import("./contestants/effect.js")),
  effectFiberSet: peer("Effect `FiberSet`", () => import("./contestants/effect-fiber-set.js")),
  effection: peer("Effection", () => import("./contestants/effection.js")),

  scopeAndTaskGroup: packagedExports("selvage", "scope, task-group", ["@selvage/scope", "@selvage/task-group"]),
  scopeAndSupervisor: packagedExports("selvage", "scope, supervisor", ["@selvage/scope", "@selvage/supervisor"]),
  scopeAndTimeout: packagedExports("selvage", "scope, timeout", ["@selvage/scope", "@selvage/timeout"]),
  allFive: packagedExports("selvage", "all five", [
    "@selvage/scope",
    "@selvage/exception-group",
    "@selvage/task-group",
    "@selvage/supervisor",
    "@selvage/timeout",
  ]),
  packageOfPMap: packagedExports("peer", "p-map", ["p-map"]),
  packageOfAbortControllerX: packagedExports("peer", "abort-controller-x", ["abort-controller-x"]),
  packageOfEffection: packagedExports("peer", "Effection", ["effection"]),
  // Of Effect nobody bundles everything: the least that starts, joins and stops fibers.
  packageOfEffect: packaged(
    "peer",
    "Effect",
    ["effect"],
    `import { Effect, Fiber } from "effect";
    export const start = (tasks) => Effect.runFork(Effect.all(tasks.map(Effect.promise), { concurrency: "unbounded" }));
    export const stop = (fiber) => Effect.runPromise(Fiber.interrupt(fiber));`,
  ),
};

/** Everybody else. */
export const foreigners: Readonly<Record<string, Foreigner>> = {
  asyncio: {
    title: "asyncio (CPython)",
    kind: "elsewhere",
    command: process.env["PYTHON"] ?? "python3",
    script: fileURLToPath(new URL("../asyncio_contestant.py", import.meta.url)),
    check: ["-c", "import asyncio, platform; asyncio.TaskGroup, print('CPython', platform.python_version())"],
    programs: [
      "startAndJoin",
      "cancelWide",
      "cancelDeep",
      "limitInTurn",
      "limitTogether",
      "moveDeadline",
      "hold",
      "open",
      "limited",
    ],
  },
};

interface Module {
  readonly programs: Programs;
}

function platform(title: string, load: () => Promise<Module>): Contestant {
  return { title, kind: "platform", load: async () => (await load()).programs };
}

function selvage(title: string, load: () => Promise<Module>): Contestant {
  return { title, kind: "selvage", load: async () => (await load()).programs };
}

function peer(title: string, load: () => Promise<Module>): Contestant {
  return { title, kind: "peer", load: async () => (await load()).programs };
}

/** Whoever is measured by what installing it costs. */
function packaged(kind: Contestant["kind"], title: string, imports: readonly string[], source: string): Contestant {
  const own: Package = { imports, source };
  return { title, kind, load: () => Promise.resolve({ package: own }) };
}

function packagedExports(kind: Contestant["kind"], title: string, imports: readonly string[]): Contestant {
  return packaged(kind, title, imports, imports.map((name) => `export * from ${JSON.stringify(name)};`).join("\n"));
}
