import type { CancelScope, Clock } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { type FailureInfo, type RestartPolicy, Supervisor, type SupervisorOptions, type Task } from "../src/index.js";

export const HOUR = 3_600_000;

export function policy(changes: Partial<RestartPolicy> = {}): RestartPolicy {
  return { when: "on-failure", maxRestarts: 3, within: 1_000, ...changes };
}

/** Without a wait. */
export const onFailure = { restart: policy() };
export const always = { restart: policy({ when: "always" }) };
/** After 100 ms, then 200 ms and so on. */
export const slowly = { restart: policy({ backoff: { initial: 100, factor: 2, max: 10_000, jitter: false } }) };

/** A supervisor on virtual time, and the arguments with which `onError` was called. */
export function makeSupervisor(options: SupervisorOptions = {}) {
  const clock = new VirtualClock({ autojump: true });
  const reported: unknown[] = [];
  const infos: FailureInfo[] = [];
  const tasks = new Set<Task<unknown>>();
  const supervisor = new Supervisor({
    clock,
    ...options,
    onError: (error, task, info) => {
      reported.push(error);
      infos.push(info);
      tasks.add(task);
      options.onError?.(error, task, info);
    },
  });
  return { supervisor, clock, reported, infos, tasks };
}

/** A function that fails in its first runs, then returns. */
export function failing(times: number): (scope: CancelScope) => Promise<string> {
  let run = 0;
  return async (scope) => {
    await scope.checkpoint();
    if (run++ < times) throw new Error(`run ${run}`);
    return `run ${run}`;
  };
}

/**
 * Virtual time that counts the timers set on it, can pass without firing timers, and has a hook that runs right after a
 * wait.
 */
export class WatchedClock implements Clock {
  timersSet = 0;
  /** Called once, right after the next timer has fired or the next turn was taken. */
  afterNext: (() => void) | undefined = undefined;
  readonly #virtual = new VirtualClock();
  #skipped = 0;

  now(): number {
    return this.#virtual.now() + this.#skipped;
  }

  setTimer(callback: () => void, delay: number): unknown {
    this.timersSet++;
    return this.#virtual.setTimer(this.#hooked(callback), delay);
  }

  clearTimer(timer: unknown): void {
    this.#virtual.clearTimer(timer);
  }

  turn(callback: () => void): void {
    this.#virtual.turn(this.#hooked(callback));
  }

  advance(ms: number): Promise<void> {
    return this.#virtual.advance(ms);
  }

  /** Time passes, as while a loop blocks the event loop. */
  skip(ms: number): void {
    this.#skipped += ms;
  }

  #hooked(callback: () => void): () => void {
    return () => {
      callback();
      const hook = this.afterNext;
      this.afterNext = undefined;
      hook?.();
    };
  }
}
