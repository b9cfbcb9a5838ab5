import { read } from "../support/brand.js";
import type { Clock } from "./clock.js";

/*
 * The platform's timers, and the fake timers that tests install in their place.
 *
 * 1. The global timers are read at call time, so that fake timers are used as soon as they are installed. There is one clock for each
 *    `setTimeout` that is found. A timer is cleared on the clock that set it.
 * 2. Timers are real if `setTimeout` is the one found at import or a known wrapper of it, it has no `clock` property, and no `fakeAsync` runs.
 * 3. While timers are fake and `performance.now` is the platform's own, `performance.now` is not in step with the timers.
 */

/** The `setTimeout` found at import. If it is a fake that was installed earlier, it has a `clock` property, or cannot be distinguished. */
const realTimers: object = globalThis.setTimeout;
const realNow: unknown = Reflect.get(performance, "now");

/**
 * The properties in which wrappers of real timers keep the wrapped function. The wrappers are Zone, Sentry, shimmer (which OpenTelemetry's
 * instrumentations and many agents use), and New Relic's browser agent, which appends the name of its bundle.
 */
const WRAPPED = /^(__zone_symbol__OriginalDelegate|__sentry_original__|__original|nr@original.*)$/;

/** How many wrappers may wrap each other. */
const MOST_WRAPPERS = 10;

/** Whether `setTimeout` is the platform's own, or a known wrapper of it (2). */
function isGenuine(timers: unknown): boolean {
  for (let depth = 0; depth < MOST_WRAPPERS && typeof timers === "function"; depth++) {
    if (timers === realTimers) return true;
    if ("clock" in timers) return false;
    const wrapper: object = timers;
    const key = Object.getOwnPropertyNames(wrapper).find((name) => WRAPPED.test(name));
    timers = key === undefined ? undefined : read(wrapper, key);
  }
  return false;
}

/** Whether the running code is in Angular's `fakeAsync`. It fakes time without replacing Zone's `setTimeout`. */
function isInFakeAsync(): boolean {
  const { Zone } = globalThis as { Zone?: { current?: { get?: (key: string) => unknown } } };
  return Zone?.current?.get?.("FakeAsyncTestZoneSpec") !== undefined;
}

/** The clock of one `setTimeout`. */
class PlatformClock implements Clock {
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #now = performance.now.bind(performance);
  readonly #isGenuine = isGenuine(globalThis.setTimeout);

  get #isFake(): boolean {
    // Some fakes do not replace `setTimeout`, but mark it with a `clock` property while they are installed.
    return !this.#isGenuine || "clock" in realTimers || isInFakeAsync();
  }

  get isReal(): boolean {
    return !this.#isFake && performance.now === realNow;
  }

  get goesWithTimers(): boolean {
    return performance.now !== realNow || !this.#isFake;
  }

  now(): number {
    // While other timers are installed, `performance.now` may be theirs. Then the time that belongs to this clock's timers is used.
    return globalThis.setTimeout === this.#setTimeout ? performance.now() : this.#now();
  }

  setTimer(callback: () => void, delay: number): unknown {
    // Called without a `this`, because browsers accept only the window. The delay is rounded up, because platforms round down. The small
    // difference removes a rounding error of the subtraction by which the delay was computed.
    const set = this.#setTimeout;
    return set(callback, Math.ceil(delay - 0.001));
  }

  clearTimer(timer: unknown): void {
    // After a reset of `node:test`'s timers, clearing an old timer would remove a later one. So these timers are not cleared. They fire, and the
    // callback does nothing.
    if (typeof timer === "object" && timer !== null && "priorityQueuePosition" in timer) return;
    const clear = this.#clearTimeout;
    clear(timer as ReturnType<typeof setTimeout>);
  }

  setKeepAlive(timer: unknown, keepAlive: boolean): void {
    const method = keepAlive ? "ref" : "unref";
    if (typeof timer === "object") (timer as Partial<Record<typeof method, () => void>> | null)?.[method]?.();
    else (globalThis as { Deno?: DenoTimers }).Deno?.[`${method}Timer`]?.(timer);
  }
}

type DenoTimers = Partial<Record<"refTimer" | "unrefTimer", (timer: unknown) => void>>;

const clocks = new WeakMap<typeof setTimeout, Clock>();
/** The latest `setTimeout` that was found, and its clock, so that most calls need no look-up; `undefined` until the first call. */
let latestTimers: typeof setTimeout | undefined;
let latestClock: Clock | undefined;

/** Returns the clock of the present `globalThis.setTimeout` (1). */
export function platformClock(): Clock {
  const timers = globalThis.setTimeout;
  if (latestClock !== undefined && timers === latestTimers) return latestClock;
  let clock = clocks.get(timers);
  if (clock === undefined) clocks.set(timers, (clock = new PlatformClock()));
  latestTimers = timers;
  latestClock = clock;
  return clock;
}
