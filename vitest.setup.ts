/** Checks after every test that no rejection was unhandled, and that no timer is left that would keep a process alive. */
import { afterEach, beforeEach } from "vitest";

// Read before any test installs fake timers.
const nextTurn = setImmediate;
const timers = watchTimers();
let unhandled: unknown[] = [];

function note(reason: unknown): void {
  unhandled.push(reason);
}

// Listens only while a test runs: vitest reports rejections between tests, but only if there are no other listeners.
beforeEach(() => {
  unhandled = [];
  process.on("unhandledRejection", note);
});

afterEach(async () => {
  // Node reports a rejection when no microtask is left, so within one turn of the event loop.
  await new Promise((resolve) => nextTurn(resolve));
  process.off("unhandledRejection", note);
  const live = [...timers].filter((timer) => timer.hasRef());
  timers.clear();
  if (unhandled.length > 0) {
    throw new Error(`expected no unhandled rejection, got ${unhandled.length}; the first is the cause`, {
      cause: unhandled[0],
    });
  }
  if (live.length > 0) throw new Error(`expected no live timer, got ${live.length}: clear it, or wait for it`);
});

/** The timers of the global `setTimeout` that have neither fired nor been cleared. */
function watchTimers(): Set<NodeJS.Timeout> {
  const live = new Set<NodeJS.Timeout>();
  const { setTimeout, clearTimeout } = globalThis;

  function watchedSetTimeout(
    callback: (...args: unknown[]) => void,
    delay?: number,
    ...args: unknown[]
  ): NodeJS.Timeout {
    const timer = setTimeout(() => {
      live.delete(timer);
      callback(...args);
    }, delay);
    live.add(timer);
    return timer;
  }

  function watchedClearTimeout(timer?: NodeJS.Timeout | string | number): void {
    live.delete(timer as NodeJS.Timeout);
    clearTimeout(timer);
  }

  // With the properties of the platform's function, because `util.promisify` needs them.
  globalThis.setTimeout = Object.defineProperties(
    watchedSetTimeout,
    Object.getOwnPropertyDescriptors(setTimeout),
  ) as typeof setTimeout;
  globalThis.clearTimeout = watchedClearTimeout;
  return live;
}
