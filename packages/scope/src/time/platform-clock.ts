import { read } from "../support/brand.js";
import type { Clock } from "./clock.js";

/*
 * The platform's timers, and the fake ones that tests install in their place.
 *
 * 1. The global timers are read at call time, so that fake timers are used from when they are installed. There is one clock for each
 *    `setTimeout` found: what was set on one is cleared on the same.
 * 2. Timers are real if `setTimeout` is the one found at import, or a known wrapper of it, and has no `clock`, and no `fakeAsync` runs.
 * 3. While timers are fake and `performance.now` is the platform's own, that time does not go with the timers.
 */

/** Found at import. A fake that was installed before has a `clock`, or cannot be distinguished. */
const realTimers: object = globalThis.setTimeout;
const realNow: unknown = Reflect.get(performance, "now");

/**
 * The properties under which wrappers of real timers keep what they wrap: Zone, Sentry, shimmer (which OpenTelemetry's instrumentations
 * and many agents use), and New Relic's browser agent, which appends the name of its bundle.
 */
const WRAPPED = /^(__zone_symbol__OriginalDelegate|__sentry_original__|__original|nr@original.*)$/;

/** How many wrappers may lie on each other. */
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

/** Whether the running code is in Angular's `fakeAsync`, which keeps the identity of Zone's `setTimeout`. */
function isInFakeAsync(): boolean {
  const { Zone } = globalThis as { Zone?: { current?: { get?: (key: string) => unknown } } };
  return Zone?.current?.get?.("FakeAsyncTestZoneSpec") !== undefined;
}

class PlatformClock implements Clock {
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #now = performance.now.bind(performance);
  readonly #isGenuine = isGenuine(globalThis.setTimeout);

  get #isFake(): boolean {
    // Some fakes keep the identity of `setTimeout`, and mark it while they are installed.
    return !this.#isGenuine || "clock" in realTimers || isInFakeAsync();
  }

  get isReal(): boolean {
    return !this.#isFake && performance.now === realNow;
  }

  get goesWithTimers(): boolean {
    return performance.now !== realNow || !this.#isFake;
  }

  now(): number {
    // While other timers are installed, the time that goes with these: fake time says nothing about a real deadline.
    return globalThis.setTimeout === this.#setTimeout ? performance.now() : this.#now();
  }

  setTimer(callback: () => void, delay: number): unknown {
    // Called bare: browsers refuse a `this` that is not the window. Rounded up, because platforms round down; a rounding error of
    // the subtraction that made the delay does not count.
    const set = this.#setTimeout;
    return set(callback, Math.ceil(delay - 0.001));
  }

  clearTimer(timer: unknown): void {
    // One of `node:test` that was reset would take a later one from the queue: such a timer is left to fire, and does nothing then.
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
let latestTimers: typeof setTimeout | undefined;
let latestClock: Clock | undefined;

/** The clock of whatever `globalThis.setTimeout` is at this moment (1). */
export function platformClock(): Clock {
  const timers = globalThis.setTimeout;
  if (latestClock !== undefined && timers === latestTimers) return latestClock;
  let clock = clocks.get(timers);
  if (clock === undefined) clocks.set(timers, (clock = new PlatformClock()));
  latestTimers = timers;
  latestClock = clock;
  return clock;
}
