// The only file of this package that uses the platform's timers. They are read at import, so that fake timers installed later can
// neither block nor speed up code that waits for real turns of the event loop.

/** The functions of a runtime that can let its event loop turn. */
export interface MacrotaskHost {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly MessageChannel?: new () => {
    readonly port1: ReceivingPort;
    readonly port2: { postMessage(message: unknown): void };
  };
  readonly setTimeout: (callback: () => void, delay: number) => unknown;
}

interface ReceivingPort {
  onmessage: ((event: never) => void) | null;
  close(): void;
}

/**
 * Calls `callback` in its own turn of the event loop, after the microtasks that are queued now, and after the callbacks that were passed to this
 * function before.
 */
export const queueMacrotask: (callback: () => void) => void = macrotaskOf(globalThis);

/** Resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    queueMacrotask(resolve);
  });
}

/** Returns the fastest macrotask that a host has. `setTimeout` is the last choice, because browsers delay nested calls by 4 ms. */
export function macrotaskOf(host: MacrotaskHost): (callback: () => void) => void {
  const { setImmediate, MessageChannel, setTimeout } = host;
  if (typeof setImmediate === "function") {
    return (callback) => {
      setImmediate(callback);
    };
  }
  if (typeof MessageChannel === "function") {
    // One message at a time, because messages of different channels need not arrive in the order in which they were sent, and some
    // runtimes deliver several without running microtasks in between.
    const queued: (() => void)[] = [];
    const post = (): void => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close(); // an open port with a listener keeps a process alive
        const callback = queued.shift();
        if (queued.length > 0) post();
        callback?.();
      };
      port2.postMessage(undefined);
    };
    return (callback) => {
      if (queued.push(callback) === 1) post();
    };
  }
  return (callback) => {
    setTimeout(callback, 0);
  };
}

/** A wait in real time that can be ended early. */
export interface Pause {
  readonly over: Promise<void>;
  end(): void;
}

/** Waits `ms` milliseconds of real time. */
export const pause: (ms: number) => Pause = pauseOf(globalThis);

interface TimerHost {
  readonly setTimeout: (callback: () => void, delay: number) => unknown;
  readonly clearTimeout: (timer: never) => void;
}

function pauseOf({ setTimeout, clearTimeout }: TimerHost): (ms: number) => Pause {
  return (ms) => {
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      end = () => {
        clearTimeout(timer as never);
        resolve();
      };
    });
    return { over, end };
  };
}
