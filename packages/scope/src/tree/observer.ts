import type { CancelScope } from "../cancel-scope.js";

/*
 * The hook of observers (N1). Any number of observers are folded into one (debug/observe.ts), so that a hot path makes one comparison:
 * `observer` is `undefined` while there is none. The folded observer has only the members that are needed, and none of them throws.
 */

/** How a scope has ended. */
export interface ScopeEnd {
  /** Of a task, its final status. Another scope is `"rejected"` if its body or a child has failed, else `"cancelled"` if it is cancelled. */
  readonly status: "fulfilled" | "rejected" | "cancelled";
  /** The error of what is rejected. */
  readonly error?: unknown;
}

/** What an observer of scopes may implement. Members are called synchronously. What they throw is reported as uncaught, and changes nothing. */
export interface Observer {
  /** A scope was linked under its parent. Its kind, name and owner are known. */
  opened?(scope: CancelScope): void;
  /** The function of a scope is called: a body, a task, or one run of a restarted task. */
  started?(scope: CancelScope): void;
  /** Something in the scope begins to wait for `what`, a semaphore for example; `undefined` when it no longer does. */
  waiting?(scope: CancelScope, what: string | undefined): void;
  /** A scope was cancelled, and everything below it. Called once for each cancellation, on its root. */
  cancelled?(scope: CancelScope, reason: unknown): void;
  /** A run of a supervised task has failed. `restartsIn` is `undefined` if it is not restarted. */
  failed?(
    scope: CancelScope,
    error: unknown,
    run: { readonly attempt: number; readonly restartsIn: number | undefined },
  ): void;
  /** The shutdown of a supervisor has reached a phase. `stage` is the stage whose turn it is, or was last. */
  shutdown?(scope: CancelScope, step: { readonly phase: ShutdownPhase; readonly stage: number | undefined }): void;
  /** A scope ends. It has its final status, and is still in the tree. */
  closed?(scope: CancelScope, end: ScopeEnd): void;
  /** Wraps the call of every body and task: calls `fn`, and returns what it returns. A tracer makes its context current here. */
  run?<R>(scope: CancelScope, fn: () => R): R;
}

/** The phases of a shutdown, in order. */
export type ShutdownPhase = "begun" | "stage" | "cancelled" | "over";

/** All observers in one; `undefined` while there is none. */
export let observer: Observer | undefined;

/** Replaces the folded observer. */
export function setObserver(folded: Observer | undefined): void {
  observer = folded;
}
