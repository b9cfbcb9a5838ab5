import { CancelScope } from "@selvage/scope";
import { checkFunction, describeValue } from "@selvage/scope/internal";
import type { Autojump, Stall, Watch } from "./autojump.js";
import { describeRemains, describeStall, StalledError } from "./stalled-error.js";
import type { VirtualClock } from "./virtual-clock.js";

/** Options of {@link VirtualClock.run}. */
export interface RunOptions {
  /** Whether time jumps by itself while the body runs. Default: true. A clock made with `autojump` jumps in any case. */
  readonly autojump?: boolean | undefined;
  /** How many timers and checkpoints may pass before the run is given up as endless. Default: 100,000. */
  readonly limit?: number | undefined;
  /** The name of the root scope. Default: "test". */
  readonly name?: string | undefined;
}

/** The function that {@link VirtualClock.run} runs. It receives the root scope and the clock. */
export type RunBody<T> = (scope: CancelScope, clock: VirtualClock) => T | PromiseLike<T>;

/** The outcome of the body. */
type Outcome<T> = { readonly value: T | undefined } | { readonly error: unknown };

/** Checks the body and the limit, before anything has happened. */
export function checkRun(body: unknown, { limit = 1 }: RunOptions): void {
  checkFunction(body, "The body");
  if (Number.isInteger(limit) && limit > 0) return;
  throw new RangeError(`limit must be a whole number above 0, got ${describeValue(limit)}.`);
}

/** Runs a body in a root scope on a clock. */
export function runOn<T>(
  clock: VirtualClock,
  autojump: Autojump,
  body: RunBody<T>,
  { autojump: jumps = true, limit = 100_000, name = "test" }: RunOptions,
): Promise<T> {
  const root = new CancelScope({ parent: null, clock, name });
  return runToEnd(clock, autojump, body, root, { jumps, limit, steps: 0, stalled: () => {} });
}

/** Waits for the body, and gives up when it would never end. */
async function runToEnd<T>(
  clock: VirtualClock,
  autojump: Autojump,
  body: RunBody<T>,
  root: CancelScope,
  watch: Watch,
): Promise<T> {
  const ended = root
    .run((scope) => body(scope, clock))
    .then<Outcome<T>, Outcome<T>>(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  const endOrStall = (): Promise<Outcome<T> | Stall> =>
    new Promise((resolve) => {
      watch.stalled = resolve;
      void ended.then(resolve);
    });
  const unwatch = autojump.watch(watch);
  try {
    const first = await endOrStall();
    if (typeof first !== "string") return valueOf(first, root);
    const message = describeStall(first, root, clock.next, watch);
    root.cancel("the run did not end");
    watch.jumps = true; // cleaning up may take time
    watch.steps = 0;
    const second = await endOrStall();
    // Thrown here and not where it was noticed, so that its stack shows the code that awaits the run.
    if (typeof second === "string") throw new StalledError(message + describeRemains(root));
    throw new StalledError(message, "error" in second ? { cause: second.error } : undefined);
  } finally {
    unwatch();
  }
}

/** Returns or throws the outcome of the body. A body that was interrupted by cancellation has no value, so the run must not resolve. */
function valueOf<T>(outcome: Outcome<T>, root: CancelScope): T {
  if ("error" in outcome) throw outcome.error;
  if (root.cancelledCaught) throw root.reason as Error;
  return outcome.value as T;
}
