import type { TaskStatus } from "@selvage/scope";
import { type Deferred, deferred } from "@selvage/scope/internal";
import { count, type Counts, noCounts } from "./counts.js";
import type { ShutdownReport } from "./shutdown-options.js";

/** The report of a shutdown (V5), and the callers who wait for it. */
export class Report {
  readonly #counts: Counts = noCounts();
  readonly #abandoned: string[] = [];
  /** Settled when only requesters are left. */ #othersEnded: Deferred<ShutdownReport> | undefined = undefined;
  /** Settled when no task is left. */ #allEnded: Deferred<ShutdownReport> | undefined = undefined;

  /** What a caller waits for; a requester waits for no other requester (V6). */
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

  /** Only requesters are left, or no task is (`areAllEnded`). */
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
