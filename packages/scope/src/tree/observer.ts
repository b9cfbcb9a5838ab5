import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";

/*
 * The hook for observers (N1). All observers are folded into one (debug/observe.ts), so that a hot path makes one comparison: `observer` is
 * `undefined` while no observer is registered. The folded observer has only the members that are needed, and its members never throw.
 */

/** The error with which the work in a scope failed. It is wrapped, because any value can be thrown, even `undefined`. */
export interface Failed {
  readonly error: unknown;
}

/** How a scope ended. */
export interface ScopeEnd {
  /**
   * For a task, its final status. Any other scope is `"rejected"` if its work failed, and otherwise `"cancelled"` if it is cancelled, whatever its
   * work does because of that. The same holds for a task whose scope was closed by other code before the task ended.
   */
  readonly status: "fulfilled" | "rejected" | "cancelled";
  /** The error, if the status is `"rejected"`. */
  readonly error?: unknown;
}

/**
 * What an observer of scopes may implement. Members are called synchronously. An error that one throws is reported as uncaught, and changes
 * nothing.
 */
export interface Observer {
  /** A scope was linked under its parent. Its kind, name and owner are known. */
  opened?(scope: CancelScope): void;
  /** The function of a scope is about to be called: a body, a task, or one run of a restarted task, which has its own scope below the task's. */
  started?(scope: CancelScope): void;
  /**
   * Something in the scope begins to wait for `what`, for example a semaphore. When it stops waiting, this is called again with `undefined`, once for
   * each wait.
   */
  waiting?(scope: CancelScope, what: string | undefined): void;
  /**
   * A scope was cancelled, and everything below it that is not behind a shield. Called once per cancellation, with the scope that was cancelled,
   * before signals abort and listeners run.
   */
  cancelled?(scope: CancelScope, reason: CancelledError): void;
  /**
   * A run of a supervised task failed. `restartsIn` is `undefined` if the task is not restarted. Called just before `onError`, so after `closed` if
   * the task has ended.
   */
  failed?(
    scope: CancelScope,
    error: unknown,
    run: { readonly attempt: number; readonly restartsIn: number | undefined },
  ): void;
  /** The shutdown of a supervisor reached a phase. In the phase `"stage"`, `stage` is the stage whose turn it is. Otherwise it is `undefined`. */
  shutdown?(scope: CancelScope, step: { readonly phase: ShutdownPhase; readonly stage: number | undefined }): void;
  /**
   * A scope ends. It already has its final status, and is still in the tree. But a task that a shutdown abandoned, and a scope that was left open
   * in a scope that ended, were detached before. They close after their owner, and do not have a parent.
   */
  closed?(scope: CancelScope, end: ScopeEnd): void;
  /**
   * Wraps the call of every body and task. It must call `fn` once, synchronously, and return its result. A tracer makes its context current here.
   * If it does anything else, the function is still called once, and its outcome is used.
   */
  run?<R>(scope: CancelScope, fn: () => R): R;
}

/** The phases of a shutdown, in order. */
export type ShutdownPhase = "begun" | "stage" | "cancelled" | "over";

/** All observers as one. What the core need not do without observers, it leaves to this one, so that the hook stays small (N1). */
export interface FoldedObserver extends Omit<Observer, "waiting" | "closed"> {
  /** A waiter was added to the scope, or removed if `isOver`. Not every waiter waits for something that has a name. */
  waiting?(scope: CancelScope, waiter: { readonly waiting: string | undefined }, isOver: boolean): void;
  /** The scope ends. `failed` is what its work failed with; `undefined` if it did not. */
  closed?(scope: CancelScope, failed: Failed | undefined): void;
}

/** The folded observer; `undefined` while no observer is registered. */
export let observer: FoldedObserver | undefined;

/** Replaces the folded observer. */
export function setObserver(folded: FoldedObserver | undefined): void {
  observer = folded;
}
