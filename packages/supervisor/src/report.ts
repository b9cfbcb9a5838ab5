import type { TaskStatus } from "@selvage/scope";
import { type Deferred, deferred } from "@selvage/scope/internal";
import { count, type Counts, noCounts } from "./counts.js";
import type { ShutdownReport } from "./shutdown-options.js";

/** The report of a shutdown (V5), and the promises of its callers. */
export class Report {
  /** The tasks that have ended since the shutdown began. */
  readonly #counts: Counts = noCounts();
  /** The names of abandoned tasks. */
  readonly #abandoned: string[] = [];
  /** Resolves when only requesters are left; `undefined` unless a requester waits. */
  #othersEnded: Deferred<ShutdownReport> | undefined = undefined;
  /** Resolves when no task is left; `undefined` unless another caller waits. */
  #allEnded: Deferred<ShutdownReport> | undefined = undefined;

  /** Returns the promise of a caller. A requester does not wait for other requesters (V6). */
  promise(isRequester: boolean): Promise<ShutdownReport> {
    const ended = isRequester ? (this.#othersEnded ??= deferred()) : (this.#allEnded ??= deferred());
    return ended.promise;
  }

  count(status: TaskStatus): void {
    count(this.#counts, status);
  }

  addAbandoned(name: string): void {
    this.#abandoned.push(name);
  }

  /** Called when only requesters are left, or, if `areAllEnded`, no task is. Resolves the promises that wait for that. */
  settle(areAllEnded: boolean, elapsed: () => number): void {
    const { resolve } = this.#othersEnded ?? {};
    const { resolve: resolveAll } = (areAllEnded ? this.#allEnded : undefined) ?? {};
    if (resolve === undefined && resolveAll === undefined) return;
    const report = { ...this.#counts, abandoned: [...this.#abandoned], elapsed: elapsed() };
    this.#othersEnded = undefined;
    resolve?.(report);
    if (resolveAll === undefined) return;
    this.#allEnded = undefined;
    resolveAll(report);
  }
}
