import { type CancelScope, ClosedError, ExceptionGroup, InvalidStateError, type Task } from "@selvage/scope";
import { RestartLimitError } from "@selvage/supervisor";
import { TimeoutError } from "@selvage/timeout";

/** Something that the program could see, at a time of the virtual clock. */
export interface Event {
  readonly at: number;
  /** Which statement it is about. */
  readonly id: number;
  readonly what: What;
  /** What came of it: `= value`, `! error`, or who did it. */
  readonly detail: string;
}

export type What =
  /** A thread came to a statement that reads or changes something; what follows from that follows at once. */
  | "does"
  /** A thread's function was called; `cancelled` if its scope was then. */
  | "began"
  /** A thread's function returned or threw: its promise has settled. */
  | "ended"
  /** A task was made and waits for its turn. */
  | "queued"
  /** A scope was cancelled: its listener was called. */
  | "cancelled"
  /** A task has ended: its done-callback was called. */
  | "done"
  /** What a statement waited for has settled: a sleep, a task, a report, an owner. The thread goes on a microtask later. */
  | "resumed"
  /** An `attempt` caught this. */
  | "caught"
  /** `onError` of a supervisor was told of a failure: of which run of the task, and when the next one begins. */
  | "told"
  /** A listener of a supervisor was called as its shutdown began. */
  | "stopping"
  /** What a statement has seen that looks at something. */
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
 * An error in short: `E5` was thrown by statement 5; `C2(by 7)` is the cancellation of scope 2 by statement 7, `C2(E5)` because
 * of that error, `C2(at 10)` by its deadline; `T2` is the failure of timeout 2; `G[E5 E6]` a group; `L2(E5)` is what task 2 fails with
 * as it was run too often, the last time with that error; `Abort` is what a platform throws when a signal aborts.
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

/** A value in short: a number, a report, or none. */
export function describeValue(value: unknown): string {
  return value === undefined ? "undefined" : JSON.stringify(value);
}

function describeCause({ cause, deadline }: { cause?: unknown; deadline?: number }): string {
  if (deadline !== undefined) return `at ${deadline}`;
  return describeReason(cause);
}

/** The reason of a cancellation in short. */
export function describeReason(reason: unknown): string {
  return typeof reason === "string" ? reason : describeError(reason);
}

/** What can be seen of a task in short: which run it is, when the next one begins, and when it will be cancelled. */
export function describeTask(task: Task<unknown>): string {
  if (task.done) return `run ${task.attempt}, done`;
  const until = task.scope.effectiveDeadline;
  const again = task.restartsAt === undefined ? "" : `, again at ${task.restartsAt}`;
  return `run ${task.attempt}${task.queued ? " queued" : ""}${again}, until ${until}`;
}

/** How a task has ended in short. */
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
