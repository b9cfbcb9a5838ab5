import type { CancelScope } from "../cancel-scope.js";

/*
 * The hook for observers (N1). All observers are folded into one (debug/observe.ts), so that a hot path makes one comparison: `observer` is
 * `undefined` while no observer is registered. The folded observer has only the members that are needed, and its members never throw.
 */

/** How a scope ended. */
export interface ScopeEnd {
  /** For a task, its final status. Any other scope is `"rejected"` if its body or a child failed, and otherwise `"cancelled"` if it is cancelled. */
  readonly status: "fulfilled" | "rejected" | "cancelled";
  /** The error, if the status is `"rejected"`. */
  readonly error?: unknown;
}

/** What an observer of scopes may implement. Members are called synchronously. An error that one throws is reported as uncaught, and changes nothing. */
export interface Observer {
  /** A scope was linked under its parent. Its kind, name and owner are known. */
  opened?(scope: CancelScope): void;
  /** The function of a scope is about to be called: a body, a task, or one run of a restarted task. */
  started?(scope: CancelScope): void;
  /** Something in the scope begins to wait for `what`, for example a semaphore. When it stops waiting, `what` is `undefined`. */
  waiting?(scope: CancelScope, what: string | undefined): void;
  /** A scope was cancelled, and everything below it. Called once per cancellation, with the scope that was cancelled. */
  cancelled?(scope: CancelScope, reason: unknown): void;
  /** A run of a supervised task failed. `restartsIn` is `undefined` if the task is not restarted. */
  failed?(
    scope: CancelScope,
    error: unknown,
    run: { readonly attempt: number; readonly restartsIn: number | undefined },
  ): void;
  /** The shutdown of a supervisor reached a phase. `stage` is the current stage, or the last one. */
  shutdown?(scope: CancelScope, step: { readonly phase: ShutdownPhase; readonly stage: number | undefined }): void;
  /** A scope ends. It already has its final status, and is still in the tree. */
  closed?(scope: CancelScope, end: ScopeEnd): void;
  /** Wraps the call of every body and task. It calls `fn` and returns its result. A tracer makes its context current here. */
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
