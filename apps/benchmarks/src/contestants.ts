import type { Contestant, Foreigner } from "./contestant.js";
import { errgroup } from "./elsewhere/go.js";
import { asyncio, trio } from "./elsewhere/python.js";
import type { Package, Programs } from "./programs.js";

/** All contestants in JavaScript, by the name that the command line knows. */
export const contestants: Readonly<Record<string, Contestant>> = {
  promiseAll: platform("`Promise.all`", () => import("./contestants/promise-all.js")),
  allSettled: platform("`Promise.allSettled`", () => import("./contestants/all-settled.js")),
  rejectedByHand: platform("promises rejected by hand", () => import("./contestants/rejected-by-hand.js")),
  groupByHand: platform("a group by hand at each level", () => import("./contestants/group-by-hand.js")),
  byHand: platform("promises resolved by hand", () => import("./contestants/by-hand.js")),
  loops: platform("eight loops by hand", () => import("./contestants/loops.js")),
  timerByHand: platform("a timer and an `AbortController`", () => import("./contestants/timer-by-hand.js")),
  bareTimer: platform("a bare timer", () => import("./contestants/bare-timer.js")),
  timerRefresh: platform("Node's `timer.refresh()`", () => import("./contestants/timer-refresh.js")),
  promiseRace: platform("`Promise.race`", () => import("./contestants/promise-race.js")),
  abortSignalTimeout: platform("`AbortSignal.timeout`", () => import("./contestants/abort-signal-timeout.js")),
  controllers: platform("an `AbortController` each", () => import("./contestants/controllers-by-hand.js")),
  sharedController: platform("one `AbortController`", () => import("./contestants/shared-controller.js")),
  linkedControllers: platform("a linked `AbortController` each", () => import("./contestants/linked-controllers.js")),
  readableMap: platform("`Readable.map`", () => import("./contestants/readable-map.js")),
  abortSignalAny: platform("an `AbortSignal.any` each", () => import("./contestants/abort-signal-any.js")),

  taskGroup: selvage("`TaskGroup`", () => import("./contestants/task-group.js")),
  supervisor: selvage("`Supervisor`", () => import("./contestants/supervisor.js")),
  gather: selvage("`gather`, `map`", () => import("./contestants/gather.js")),
  scope: selvage("`CancelScope`", () => import("./contestants/cancel-scope.js")),
  timeout: selvage("`timeout`", () => import("./contestants/timeout.js")),
  semaphore: selvage("`Semaphore`", () => import("./contestants/semaphore.js")),
  rateLimiter: selvage("`RateLimiter`", () => import("./contestants/rate-limiter.js")),
  retry: selvage("`retry`", () => import("./contestants/retry.js")),
  breaker: selvage("`Breaker`", () => import("./contestants/breaker.js")),
  channel: selvage("`Channel`", () => import("./contestants/channel.js")),
  mapStream: selvage("`mapStream`", () => import("./contestants/map-stream.js")),
  flights: selvage("`Flights`", () => import("./contestants/flights.js")),
  timeoutRefresh: selvage("`timeout`, `refresh()`", () => import("./contestants/timeout-refresh.js")),

  emptyObserver: observed("`TaskGroup`, an empty observer", "emptyObserver"),
  namedSpans: observed("`TaskGroup`, spans of what has a name", "namedSpans"),
  metrics: observed("`TaskGroup`, metrics", "metrics"),
  allSpans: observed("`TaskGroup`, a span of every task", "allSpans"),

  pMap: peer("p-map", () => import("./contestants/p-map.js")),
  pLimit: peer("p-limit", () => import("./contestants/p-limit.js")),
  pQueue: peer("p-queue", () => import("./contestants/p-queue.js")),
  pTimeout: peer("p-timeout", () => import("./contestants/p-timeout.js")),
  asyncMutex: peer("async-mutex", () => import("./contestants/async-mutex.js")),
  pRetry: peer("p-retry", () => import("./contestants/p-retry.js")),
  cockatiel: peer("cockatiel", () => import("./contestants/cockatiel.js")),
  pThrottle: peer("p-throttle", () => import("./contestants/p-throttle.js")),
  bottleneck: peer("bottleneck", () => import("./contestants/bottleneck.js")),
  streamingIterables: peer("streaming-iterables", () => import("./contestants/streaming-iterables.js")),
  rxjs: peer("RxJS", () => import("./contestants/rxjs.js")),
  abortControllerX: peer("abort-controller-x `spawn`", () => import("./contestants/abort-controller-x.js")),
  abortControllerXAll: peer("abort-controller-x `all`", () => import("./contestants/abort-controller-x-all.js")),
  effect: peer("Effect", () => import("./contestants/effect.js")),
  effectAsync: peer("Effect, async functions", () => import("./contestants/effect-async.js")),
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
  onlyTaskGroup: bundledOnly("only `TaskGroup`", "TaskGroup", "@selvage/task-group"),
  onlyCancelScope: bundledOnly("only `CancelScope`", "CancelScope", "@selvage/scope"),
  onlyTimeout: bundledOnly("only `timeout`", "timeout", "@selvage/timeout"),
  packageOfPMap: packagedExports("peer", "p-map", ["p-map"]),
  packageOfAbortControllerX: packagedExports("peer", "abort-controller-x", ["abort-controller-x"]),
  packageOfEffection: packagedExports("peer", "Effection", ["effection"]),
  // A program never bundles all of Effect: this is the least that starts, joins and stops fibers.
  packageOfEffect: packaged(
    "peer",
    "Effect",
    ["effect"],
    `import { Effect, Fiber } from "effect";
    export const start = (tasks) => Effect.runFork(Effect.all(tasks.map(Effect.promise), { concurrency: "unbounded" }));
    export const stop = (fiber) => Effect.runPromise(Fiber.interrupt(fiber));`,
  ),
};

/** All contestants in other languages. */
export const foreigners: Readonly<Record<string, Foreigner>> = { asyncio, trio, errgroup };

interface Module {
  readonly programs: Programs;
}

function platform(title: string, load: () => Promise<Module>): Contestant {
  return { title, kind: "platform", load: async () => (await load()).programs };
}

function selvage(title: string, load: () => Promise<Module>): Contestant {
  return { title, kind: "selvage", load: async () => (await load()).programs };
}

/** A group that is observed. */
function observed(title: string, by: "emptyObserver" | "namedSpans" | "metrics" | "allSpans"): Contestant {
  return selvage(title, async () => ({ programs: (await import("./contestants/observed.js"))[by] }));
}

function peer(title: string, load: () => Promise<Module>): Contestant {
  return { title, kind: "peer", load: async () => (await load()).programs };
}

/** A contestant that is measured by what it costs to install. */
function packaged(kind: Contestant["kind"], title: string, imports: readonly string[], source: string): Contestant {
  const own: Package = { imports, source };
  return { title, kind, load: () => Promise.resolve({ package: own }) };
}

function packagedExports(kind: Contestant["kind"], title: string, imports: readonly string[]): Contestant {
  return packaged(kind, title, imports, imports.map((name) => `export * from ${JSON.stringify(name)};`).join("\n"));
}

/** A program of a user that imports one name. */
function bundledOnly(title: string, name: string, from: string): Contestant {
  return packaged("selvage", title, [], `export { ${name} } from ${JSON.stringify(from)};`);
}
