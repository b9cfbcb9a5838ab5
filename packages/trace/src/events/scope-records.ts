import type { CancelScope } from "@selvage/scope";

/**
 * What an observer keeps for each scope. A record is found as long as its scope lives, and is listed as open until the scope is closed. A scope that
 * is collected without being closed is closed here too, so that the memory stays flat.
 */
export class ScopeRecords<R extends object> {
  readonly #records = new WeakMap<CancelScope, R>();
  readonly #open = new Set<R>();
  /** `undefined` where the platform does not have it. Then the record of a scope that is never closed is kept until the end. */
  readonly #collected: FinalizationRegistry<R> | undefined;

  /** @param abandoned - Called with the record of a scope that was collected, and never closed. */
  constructor(abandoned: (record: R) => void) {
    if (typeof FinalizationRegistry === "undefined") return;
    this.#collected = new FinalizationRegistry((record) => {
      if (this.#open.delete(record)) abandoned(record);
    });
  }

  /** The records of open scopes, in order of opening. */
  get open(): ReadonlySet<R> {
    return this.#open;
  }

  get(scope: CancelScope): R | undefined {
    return this.#records.get(scope);
  }

  add(scope: CancelScope, record: R): void {
    this.#records.set(scope, record);
    this.#open.add(record);
    this.#collected?.register(scope, record, record);
  }

  /** Removes a record from the open ones. Returns whether it was open. */
  close(record: R): boolean {
    this.#collected?.unregister(record);
    return this.#open.delete(record);
  }
}
