import { brand } from "@selvage/scope/internal";

/**
 * The error of a task that ended again after it was restarted as often as its policy allows. Its `cause` is the error of the last run.
 *
 * Compare a supervisor of OTP that reaches its maximum restart intensity.
 *
 * @example
 * ```ts
 * import { RestartLimitError, Supervisor } from "@selvage/supervisor";
 *
 * const supervisor = new Supervisor({ onError: () => {} });
 * const task = supervisor.createTask(() => Promise.reject(new Error("no database")), {
 *   restart: { when: "on-failure", maxRestarts: 3, within: 60_000 },
 * });
 * await supervisor.join();
 * console.assert(task.exception() instanceof RestartLimitError);
 * ```
 */
export class RestartLimitError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "RestartLimitError" });
    brand(this, "@selvage/supervisor/RestartLimitError");
  }
}
