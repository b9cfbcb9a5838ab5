import { type CancelScope, ClosedError, ExceptionGroup, InvalidStateError, type Task } from "@selvage/scope";
import { RestartLimitError } from "@selvage/supervisor";
import { TimeoutError } from "@selvage/timeout";

/** Something that the program observed, at a time of the virtual clock. */
export interface Event {
  readonly at: number;
  /** The id of its statement. */
  readonly id: number;
  readonly what: What;
  /** Its result: `= value`, `! error`, or the cause. */
  readonly detail: string;
}

export type What =
  /** A thread reached a statement that reads or changes something; the consequences follow at once. */
  | "does"
  /** A thread's function was called; `cancelled` if its scope was already cancelled. */
  | "began"
  /** A thread's function returned or threw: its promise has settled. */
  | "ended"
  /** A task was created and is queued. */
  | "queued"
  /** A scope was cancelled: its listener was called. */
  | "cancelled"
  /** A task has ended: its done-callback was called. */
  | "done"
  /** The wait of a statement has ended: a sleep, a task, a report, an owner. The thread continues a microtask later. */
  | "resumed"
  /** An `attempt` caught an error. */
  | "caught"
  /** `onError` of a supervisor received a failure, with the run of the task and the time until the next one. */
  | "told"
  /** A shutdown listener of a supervisor was called. */
  | "stopping"
  /** What a reading statement has read. */
  | "saw";

/** An error thrown by a program. */
export class ProgramError extends Error {
  readonly id: number;

  constructor(id: number) {
    super(`error ${id}`);
    this.id = id;
  }
}

/** A line for an event. */
export function lineOf({ at, id, what, detail }: Event): string {
  return `${at}: ${id} ${what}${detail === "" ? "" : ` ${detail}`}`;
}

/**
 * The short form of an error: `E5` was thrown by statement 5; `C2(by 7)` is the cancellation of scope 2 by statement
 * 7, `C2(E5)` because of that error, `C2(at 10)` by its deadline; `T2` is the failure of timeout 2; `G[E5 E6]` is a
 * group; `L2(E5)` is the failure of task 2 over its restart limit, with the error of its last run; `Abort` is the
 * error of a platform's function whose signal aborts.
 */
export function describeError(error: unknown): string {
  if (error instanceof ProgramError) return `E${error.id}`;
  if (error instanceof ExceptionGroup) return `G[${error.errors.map(describeError).join(" ")}]`;
  if (error instanceof RestartLimitError) {
    return `L${/"(.*?)"/.exec(error.message)?.[1] ?? "?"}(${error.cause === undefined ? "" : describeError(error.cause)})`;
  }
  if (error instanceof TimeoutError) return `T${scopeOf(error.cause)?.name ?? "?"}`;
  const scope = scopeOf(error);
  if (scope !== undefined) return `C${scope.name ?? "?"}(${describeCause(error as Error & { deadline?: number })})`;
  if (error instanceof DOMException && error.name === "AbortError") return "Abort";
  if (error instanceof ClosedError) return "Closed";
  if (error instanceof InvalidStateError) return "InvalidState";
  return `?${String(error)}`;
}

/** The short form of a value: a number, a report, or none. */
export function describeValue(value: unknown): string {
  return value === undefined ? "undefined" : JSON.stringify(value);
}

function describeCause({ cause, deadline }: { cause?: unknown; deadline?: number }): string {
  if (deadline !== undefined) return `at ${deadline}`;
  return describeReason(cause);
}

/** The short form of the reason of a cancellation. */
export function describeReason(reason: unknown): string {
  return typeof reason === "string" ? reason : describeError(reason);
}

/** The short form of a task's state: which run it is, when the next one begins, and when it will be cancelled. */
export function describeTask(task: Task<unknown>): string {
  if (task.done) return `run ${task.attempt}, done`;
  const until = task.scope.effectiveDeadline;
  const again = task.restartsAt === undefined ? "" : `, again at ${task.restartsAt}`;
  return `run ${task.attempt}${task.queued ? " queued" : ""}${again}, until ${until}`;
}

/** The short form of a task's end. */
export function describeOutcome(task: Task<unknown>): string {
  try {
    return `= ${describeValue(task.result())}`;
  } catch (error) {
    return `${task.status === "cancelled" ? "cut" : "!"} ${describeError(error)}`;
  }
}

function scopeOf(error: unknown): CancelScope | undefined {
  return error instanceof Error && error.name === "AbortError" && "scope" in error
    ? (error.scope as CancelScope)
    : undefined;
}
