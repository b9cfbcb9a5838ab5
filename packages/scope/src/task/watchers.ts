import type { Deferred } from "../support/deferred.js";
import type { DoneCallback } from "./done-callback.js";

/** What few tasks have. */
export interface Watchers<T> {
  callbacks: Set<DoneCallback> | undefined;
  /** Whether the task was awaited before its end. */
  isAwaited: boolean;
  /** The promise of a task that was awaited while it was queued. */
  queued: Deferred<T> | undefined;
  /** Which run of the function is the latest. */
  attempt: number;
  /** While the task waits to restart: until when. */
  restartsAt: number | undefined;
  /** Takes over the failure with which the task ends, or declines: for its owner it then has not failed (T10). */
  claim: ((error: unknown) => boolean) | undefined;
}

export function watchersOf<T>(attempt: number): Watchers<T> {
  return {
    callbacks: undefined,
    isAwaited: false,
    queued: undefined,
    attempt,
    restartsAt: undefined,
    claim: undefined,
  };
}
