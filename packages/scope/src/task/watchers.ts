import type { Deferred } from "../support/deferred.js";
import type { DoneCallback } from "./done-callback.js";

/** The parts of a task that only few tasks need, in a separate object so that the others do not pay for them. */
export interface Watchers<T> {
  /** The done-callbacks, in order of registration; `undefined` until there is one. */
  callbacks: Set<DoneCallback> | undefined;
  /** Whether the task was awaited before its end. */
  isAwaited: boolean;
  /** The promise for code that awaited the task before its function was called; `undefined` if none did. */
  queued: Deferred<T> | undefined;
  /** The number of the latest run, counted from 1. */
  attempt: number;
  /** The time until which the task waits to restart; `undefined` while it runs. */
  restartsAt: number | undefined;
  /** Returns whether it takes the failure of the task, so that the owner does not see one; `undefined` for most tasks (T10). */
  intercept: ((error: unknown) => boolean) | undefined;
}

/** Makes watchers of a task whose latest run is `attempt`. */
export function watchersOf<T>(attempt: number): Watchers<T> {
  return {
    callbacks: undefined,
    isAwaited: false,
    queued: undefined,
    attempt,
    restartsAt: undefined,
    intercept: undefined,
  };
}
