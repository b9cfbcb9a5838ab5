import type { DrainOptions } from "@selvage/supervisor";
import { kinds } from "./kind.js";
import { Random } from "./random.js";

/** The moments at which a round may end, by the phase of the service's work. */
export const points = {
  starting: [
    "before the supervisor is made",
    "before the pool is opened",
    "the pool is opening",
    "before the worker starts",
    "before the server listens",
    "the server begins to listen",
    "the server listens",
  ],
  serving: [
    "a request arrives",
    "a request begins",
    "a request uses the pool",
    "a request has ended",
    "a failure is reported",
    "a client leaves",
    "the poller polls",
  ],
  restarting: ["the worker has failed", "the worker waits to restart", "the worker runs again"],
  draining: ["a drain begins", "a request ends in a drain", "only held requests are left", "the pool closes"],
} as const;

export type Phase = keyof typeof points;
export type Point = (typeof points)[Phase][number];

/** What is random in a round: everything that follows from its seed. */
export interface Plan {
  readonly seed: number;
  /** `new Supervisor` and `join`, or `Supervisor.run` with a body that serves until it is cancelled, or with one that returns. */
  readonly form: "new" | "run, serving" | "run, returning";
  /** How the parent of the service is cancelled. */
  readonly by: "cancel" | "deadline" | "signal";
  readonly drain: DrainOptions;
  readonly phase: Phase;
  /** The round ends when this point is passed for the `nth` time. */
  readonly point: Point;
  readonly nth: number;
  /** When exactly: inside the event, in a microtask after it, or in another turn of the event loop. */
  readonly when: "at once" | "in a microtask" | "in another turn";
  /** How many requests are sent before the round ends in any case. */
  readonly requests: number;
  /** How many requests are sent after the round has ended. */
  readonly further: number;
  /** A shutdown that begins before the parent is cancelled; `undefined` for none. */
  readonly earlier: EarlierShutdown | undefined;
  /** What happens to stubborn requests when nothing else is left: their time is over, or they may end. */
  readonly stubborn: "abandon" | "let end";
}

interface EarlierShutdown {
  /** The request that asks for it. */
  readonly at: number;
  /** The caller: the server's code, or the task of the request, which waits for the report and answers with it. */
  readonly by: "server" | "task";
  readonly grace: number;
}

/** A short grace, and a timeout that leaves some tasks no time to end, in milliseconds. */
const SHORT_GRACE = 4;
const SHORT_TIMEOUT = 6;

/** About how often a point is passed in a round with the given number of requests, if it is more than once. */
const occurrences: Partial<Record<Point, (requests: number) => number>> = {
  "a request arrives": (requests) => requests,
  "a request begins": (requests) => requests,
  "a request uses the pool": (requests) => requests,
  "a request has ended": (requests) => requests,
  "a failure is reported": (requests) => requests / 2,
  "a client leaves": (requests) => requests / kinds.length,
  // Half of the pokes come while the worker waits to restart.
  "the worker has failed": (requests) => requests / kinds.length / 2,
  "the worker waits to restart": (requests) => requests / kinds.length / 2,
  "the worker runs again": (requests) => requests / kinds.length / 2,
  "the poller polls": () => 10,
  "a request ends in a drain": () => 4,
};

/** @param most - The maximum number of requests. */
export function planRound(seed: number, most: number): Plan {
  const random = new Random(seed);
  const phase = random.pick(Object.keys(points) as Phase[]);
  const point = random.pick<Point>(points[phase]);
  const requests = random.between(Math.min(most, 2 * kinds.length), most);
  return {
    seed,
    form: random.pick(["new", "run, serving", "run, returning"]),
    by: random.pick(["cancel", "deadline", "signal"]),
    drain: {
      grace: random.pick([0, SHORT_GRACE, Infinity]),
      timeout: random.pick([undefined, undefined, undefined, 0, SHORT_TIMEOUT]),
    },
    phase,
    point,
    nth: random.between(1, Math.max(1, Math.floor(occurrences[point]?.(requests) ?? 1))),
    when: random.pick(["at once", "in a microtask", "in another turn"]),
    requests,
    further: random.between(0, kinds.length),
    earlier:
      phase === "draining"
        ? {
            at: random.between(0, Math.floor(requests / 2)),
            by: random.pick(["server", "task"]),
            grace: random.pick([0, SHORT_GRACE, Infinity]),
          }
        : undefined,
    stubborn: random.pick(["abandon", "let end"]),
  };
}
