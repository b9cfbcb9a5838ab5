import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";

/*
 * The hook for observers (N1). All observers are folded into one (debug/observe.ts), so that a hot path makes one comparison: `observer` is
 * `undefined` while no observer is registered. The folded observer has only the members that are needed, and its members never throw.
 */

/** What the work in a scope has failed with. */
export interface Failed {
  readonly error: unknown;
}

/** How a scope has ended. */
export interface ScopeEnd {
  /**
   * Of a task, its final status. Another scope is `"rejected"` if its work has failed, and else `"cancelled"` if it is cancelled, whatever its work
   * makes of that. So is a task whose scope was closed by hand before the task has ended.
   */
  readonly status: "fulfilled" | "rejected" | "cancelled";
  /** The error, if the status is `"rejected"`. */
  readonly error?: unknown;
}

/** What an observer of scopes may implement. Members are called synchronously. An error that one throws is reported as uncaught, and changes nothing. */
export interface Observer {
  /** A scope was linked under its parent. Its kind, name and owner are known. */
  opened?(scope: CancelScope): void;
  /** The function of a scope is called: a body, a task, or one run of a restarted task, which has its own scope below the task's. */
  started?(scope: CancelScope): void;
  /**
   * Something in the scope begins to wait for `what`, a semaphore for example. It is called again with `undefined` when that no longer waits: once
   * for each wait, where several things wait.
   */
  waiting?(scope: CancelScope, what: string | undefined): void;
  /**
   * A scope was cancelled, and everything below it that no shield hides. Called once for each cancellation, on its root, before signals abort and
   * listeners run.
   */
  cancelled?(scope: CancelScope, reason: CancelledError): void;
  /**
   * A run of a supervised task has failed. `restartsIn` is `undefined` if it is not restarted. It comes when `onError` is called, so after
   * `closed` if the task has ended.
   */
  failed?(
    scope: CancelScope,
    error: unknown,
    run: { readonly attempt: number; readonly restartsIn: number | undefined },
  ): void;
  /** The shutdown of a supervisor has reached a phase. In the phase `"stage"`, `stage` is the stage whose turn has come. */
  shutdown?(scope: CancelScope, step: { readonly phase: ShutdownPhase; readonly stage: number | undefined }): void;
  /**
   * A scope ends. It has its final status, and is still in the tree. A task that a shutdown abandons, and a scope that is left open in one that ends,
   * were detached before: they close later than what owned them, and have no parent then.
   */
  closed?(scope: CancelScope, end: ScopeEnd): void;
  /**
   * Wraps the call of every body and task: calls `fn` once, at once, and returns what it returns. A tracer makes its context current here. If it
   * does otherwise, the function is called once all the same, and its outcome counts.
   */
  run?<R>(scope: CancelScope, fn: () => R): R;
}

/** The phases of a shutdown, in order. */
export type ShutdownPhase = "begun" | "stage" | "cancelled" | "over";

/** The folded observer; `undefined` while no observer is registered. */
export let observer: Observer | undefined;

/** Replaces the folded observer. */
export function setObserver(folded: Observer | undefined): void {
  observer = folded;
}
