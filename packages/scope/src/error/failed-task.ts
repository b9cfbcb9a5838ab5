/**
 * The argument with which an owner of tasks cancels its scope because a task or its body failed. `CancelledError` reads the error and the task's
 * name from it.
 */
export class FailedTask {
  /** Marks instances (see `is`). */
  readonly #isFailedTask = true;
  /** The error with which the task failed. */
  readonly error: unknown;
  /** The name of the task; `undefined` for the body of the owner. */
  readonly task: string | undefined;

  constructor(error: unknown, task: string | undefined) {
    this.error = error;
    this.task = task;
  }

  /** Whether a value is an instance. It does not use `instanceof`, because a proxy can fake that or throw. */
  static is(value: unknown): value is FailedTask {
    return typeof value === "object" && value !== null && #isFailedTask in value;
  }
}
