/** The reason of a scope that is cancelled because a task below it, or its body, has failed. `CancelledError` unwraps it. */
export class FailedTask {
  readonly #made = true;

  readonly error: unknown;
  /** The name; `undefined` for the body of the owner. */
  readonly task: string | undefined;

  constructor(error: unknown, task: string | undefined) {
    this.error = error;
    this.task = task;
  }

  /** Whether a value is one. Not `instanceof`, which a proxy can answer, or make throw. */
  static is(value: unknown): value is FailedTask {
    return typeof value === "object" && value !== null && #made in value;
  }
}
