import { CancelScope, type Clock } from "@selvage/scope";
import {
  checkFunction,
  checkName,
  checkNumber,
  checkParentOptions,
  expected,
  functionName,
  keepAlive,
  type LabelledOptions,
  moveDeadline,
  rejectIfClosed,
  RETHROW,
  runBody,
  SAME_TIME,
} from "@selvage/scope/internal";

/** Options of {@link every}. */
export interface EveryOptions {
  /** The scope or signal whose cancellation ends it; `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /**
   * What happens at a tick while a run has not ended. `"skip"`: nothing. `"queue"`: one more run follows it, however many ticks there were. `"cancel"`:
   * the run is cancelled and waited for, and the next one follows. Default: `"skip"`.
   */
  readonly overlap?: "skip" | "queue" | "cancel" | undefined;
  /** Whether the first run begins at once, and not after `ms`. Default: false. */
  readonly immediately?: boolean | undefined;
  /** The name that messages and `describeTree` use. Default: the name of the function. */
  readonly name?: string | undefined;
  /** The clock. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/**
 * Calls `fn` every `ms` milliseconds, each time in its own scope. Runs never overlap. The ticks are at multiples of `ms` after the start, so they do not
 * drift, however long a run takes. Ticks that pass while the event loop is blocked are one tick.
 *
 * The call ends only when a run fails, with that run's error, or when it is cancelled. Under a supervisor, use `restart` to continue after a failure.
 * What `fn` returns is ignored. A run that cancels its own scope ends only that run.
 *
 * **Cancellation**: a cancellation of the parent ends a wait at once, and cancels a run, which is waited for. The call rejects with the parent's
 * `CancelledError`. While it waits, it keeps the process alive.
 *
 * Compare `setInterval`, which starts a run although the previous one has not ended, and node-cron.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument is wrong. @throws {ClosedError} If the parent is closed.
 * @throws The error of the run that failed.
 * @example
 * ```ts
 * import { CancelScope, now } from "@selvage/scope";
 * import { every } from "@selvage/retry";
 *
 * const log: string[] = [];
 * await CancelScope.run((scope) => every(10, () => log.push("tick"), { parent: scope }), { deadline: now() + 35 });
 * console.assert(log.length > 0);
 * ```
 */
export function every(ms: number, fn: (scope: CancelScope) => unknown, options: EveryOptions = {}): Promise<never> {
  checkNumber("The time between two runs", ms, 0);
  if (ms === 0 || ms === Infinity) {
    throw new RangeError(`The time between two runs must be positive and finite, got ${ms}.`);
  }
  checkFunction(fn, "The function to run");
  checkParentOptions(options);
  const { parent, overlap = "skip", immediately = false, name, clock } = options;
  checkName(name, "name");
  if (!(["skip", "queue", "cancel"] as unknown[]).includes(overlap)) {
    throw expected("overlap", '"skip", "queue" or "cancel"', overlap);
  }
  if (typeof immediately !== "boolean") throw expected("immediately", "a boolean", immediately);
  const label = { kind: "every", name: (name ?? functionName(fn)) || undefined, isNamed: name !== undefined };
  let own: CancelScope;
  try {
    own = new CancelScope({ parent, clock, _label: label } as LabelledOptions);
  } catch (error) {
    return rejectIfClosed(error);
  }
  return runBody(own, () => repeat(own, ms, fn, overlap, immediately), own, RETHROW) as Promise<never>;
}

async function repeat(
  own: CancelScope,
  ms: number,
  fn: (scope: CancelScope) => unknown,
  overlap: EveryOptions["overlap"],
  immediately: boolean,
): Promise<never> {
  const start = own.clock.now();
  /** The time of the latest tick that was waited for, which a clock that does not go with its timers does not show (C1). */
  let shown = start;
  const present = (): number => Math.max(own.clock.now(), shown);
  /** The number of ticks that have passed. A tick that is just due has passed. */
  const passed = (): number => (present() - start) / ms + SAME_TIME;
  for (let tick = immediately ? 0 : 1, isFirst = true; ; isFirst = false) {
    const wait = start + tick * ms - present();
    if (wait > 0) await own.sleep(wait);
    else if (!isFirst) await own.checkpoint(); // runs that take longer than `ms` must not block the event loop
    own.throwIfCancelled();
    shown = start + tick * ms;
    tick = Math.max(tick, Math.floor(passed())); // the event loop was blocked: the ticks since then are one tick
    await runOnce(own, fn, overlap === "cancel" ? start + (tick + 1) * ms : Infinity);
    // "skip": the next tick from now on. Otherwise: the latest one that has passed, so that the next run begins at once.
    tick = Math.max(tick + 1, overlap === "skip" ? Math.ceil(passed() - 2 * SAME_TIME) : Math.floor(passed()));
  }
}

/** Runs the function until `when` at most. What it returns is ignored. */
function runOnce(own: CancelScope, fn: (scope: CancelScope) => unknown, when: number): Promise<unknown> {
  const scope = new CancelScope({ parent: own });
  if (when !== Infinity) {
    keepAlive(scope);
    moveDeadline(scope, when);
  }
  return runBody(scope, fn, scope);
}
