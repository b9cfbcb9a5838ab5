/**
 * A source of time: the only thing in Selvage that knows timers (C1).
 *
 * Scopes, task groups, supervisors and timeouts take one as their `clock` option and inherit it from their parent; without
 * one they use the platform's. Implement it to run on another notion of time, as `VirtualClock` of `@selvage/testing` does.
 *
 * @example
 * ```ts
 * import { CancelScope, type Clock } from "@selvage/scope";
 *
 * // A clock that runs ten times as fast as the wall's.
 * const fast: Clock = {
 *   now: () => performance.now() * 10,
 *   setTimer: (callback, delay) => setTimeout(callback, delay / 10),
 *   clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
 * };
 * await CancelScope.run((scope) => scope.sleep(100), { clock: fast }); // takes 10 ms
 * ```
 */
export interface Clock {
  /** The time in milliseconds; never goes backwards. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now (at once for 0 or less, but never synchronously). */
  setTimer(callback: () => void, delay: number): unknown;
  /** Revokes a timer that `setTimer` returned. */
  clearTimer(timer: unknown): void;
  /** Says whether a pending timer keeps the process alive; timers do until told otherwise. Leave it out where that has no meaning. */
  setKeepAlive?(timer: unknown, keepAlive: boolean): void;
  /** Calls `callback` when the event loop has turned, as `checkpoint` waits for. Default: the platform's next macrotask. */
  turn?(callback: () => void): void;
  /** A number that orders what is due at one time: the least comes first. Default: first in, first out. For tests that permute what is not promised. */
  rank?(): number;
  /** @internal Calls `callback` once the microtasks have run dry, before time can pass unnoticed. Where it is left out, nothing is put off. */
  readonly afterMicrotasks?: ((callback: () => void) => void) | undefined;
  /** @internal Whether `now` says what is due when a timer fires: Node's fire early by what the turn in which they were set had taken by then. */
  readonly isReal?: boolean;
}

/** Node's, Bun's and Deno's queue of what comes after all microtasks. */
const { nextTick } = (globalThis as { process?: { nextTick?: (callback: () => void) => void } }).process ?? {};
/** The timers found at the start; sinon's, Jest's and Vitest's fake ones have a `clock`, and may be told to fire at once. */
const realTimers: unknown = "clock" in Object(globalThis.setTimeout) ? undefined : globalThis.setTimeout;
const realNow: unknown = Reflect.get(performance, "now");

/** The platform's timers as they were when the clock was made: fake timers get a clock of their own, by identity. */
class PlatformClock implements Clock {
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #now = performance.now.bind(performance);
  readonly afterMicrotasks: ((callback: () => void) => void) | undefined =
    globalThis.setTimeout === realTimers ? nextTick : undefined;

  get isReal(): boolean {
    return this.#setTimeout === realTimers && performance.now === realNow;
  }

  now(): number {
    // While other timers are installed, the time that goes with these: fake time says nothing about a real deadline.
    return globalThis.setTimeout === this.#setTimeout ? performance.now() : this.#now();
  }

  setTimer(callback: () => void, delay: number): unknown {
    // Called bare: browsers refuse a `this` that is not the window. Rounded up: platforms round down, and wake too early.
    const set = this.#setTimeout;
    return set(callback, Math.ceil(delay));
  }

  clearTimer(timer: unknown): void {
    this.setKeepAlive(timer, true); // Node retains the list of a delay until its time where a timer is cleared unreferenced
    const clear = this.#clearTimeout;
    clear(timer as ReturnType<typeof setTimeout>);
  }

  setKeepAlive(timer: unknown, keepAlive: boolean): void {
    const method = keepAlive ? "ref" : "unref";
    if (typeof timer === "object") (timer as Partial<Record<typeof method, () => void>>)[method]?.();
    else (globalThis as { Deno?: DenoTimers }).Deno?.[`${method}Timer`]?.(timer);
  }
}

type DenoTimers = Partial<Record<"refTimer" | "unrefTimer", (timer: unknown) => void>>;

const platformClocks = new WeakMap<typeof setTimeout, Clock>();
let latestTimers: typeof setTimeout | undefined;
let latestClock: Clock | undefined;

/** The clock of whatever `globalThis.setTimeout` is at this moment, so that fake timers are obeyed from when they are installed. */
export function platformClock(): Clock {
  const timers = globalThis.setTimeout;
  if (latestClock !== undefined && timers === latestTimers) return latestClock;
  let clock = platformClocks.get(timers);
  if (clock === undefined) platformClocks.set(timers, (clock = new PlatformClock()));
  latestTimers = timers;
  latestClock = clock;
  return clock;
}

/**
 * The time of the platform's monotonic clock, in milliseconds: what deadlines are measured on, unless a scope has a `clock`
 * of its own (then it is `scope.clock.now()`).
 *
 * @example
 * ```ts
 * import { CancelScope, now } from "@selvage/scope";
 *
 * const scope = new CancelScope({ deadline: now() + 5_000 });
 * scope.close();
 * ```
 */
export function now(): number {
  return performance.now();
}

/** When something was made, and by which clock: one object for all that is made at one time. */
export interface Birth {
  /** `undefined` for the platform's, whichever that is when it is asked. */
  readonly clock: Clock | undefined;
  readonly time: number;
}

/** Of what is not configured yet. Not 0: times are doubles, and all births are to be of one hidden class. */
export const UNBORN: Birth = { clock: undefined, time: NaN };

/** The birth of something that is to know exactly when. */
export function birthAt(clock: Clock | undefined): Birth {
  return { clock, time: (clock ?? platformClock()).now() };
}

let latestBirth = UNBORN;
let isBurst = false;
const endBurst = (): void => {
  isBurst = false;
};
const nextMicrotask = Promise.resolve(); // Node's `queueMicrotask` costs ten times as much

/**
 * The birth of something new. The platform's clock is read once for all that is made before the next microtask: reading it would cost
 * as much as the rest of making a scope.
 */
export function birthBy(clock: Clock | undefined): Birth {
  if (clock === undefined && isBurst && latestBirth.clock === undefined) return latestBirth;
  const birth = birthAt(clock);
  if (clock === undefined) {
    isBurst = true;
    void nextMicrotask.then(endBurst);
  } else if (latestBirth.clock === clock && latestBirth.time === birth.time) {
    return latestBirth;
  }
  return (latestBirth = birth);
}

/** Lets the event loop turn: resolves in a macrotask of its own, by the cheapest means the platform has at call time. */
export function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    if (clock.turn !== undefined) {
      clock.turn(resolve);
      return;
    }
    const platform = globalThis as { setImmediate?: (callback: () => void) => unknown };
    if (typeof platform.setImmediate === "function") platform.setImmediate(resolve);
    else if (typeof MessageChannel === "function") postTurn(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Browsers delay nested `setTimeout(0)` by 4 ms; a message does not wait. */
function postTurn(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(undefined);
}
