import { Semaphore, type SemaphoreOptions } from "./semaphore.js";

/**
 * A semaphore with one permit: only one caller at a time runs. It is not re-entrant: a `run` inside a `run` of the same mutex rejects with an
 * `InvalidStateError`, and does not deadlock.
 *
 * **Cancellation**: as for {@link Semaphore}.
 *
 * Compare asyncio's `Lock`.
 *
 * @throws {TypeError} If an option is of the wrong type.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Mutex } from "@selvage/semaphore";
 *
 * const file = new Mutex({ name: "settings.json" });
 * using scope = new CancelScope();
 * const log: string[] = [];
 * const write = (text: string) => file.run(scope, async (scope) => (await scope.sleep(1), log.push(text)));
 * await Promise.all([write("one"), write("two")]);
 * console.assert(log.join() === "one,two");
 * ```
 */
export class Mutex extends Semaphore {
  constructor(options: SemaphoreOptions = {}) {
    super(1, options);
  }

  /** Always 1. @throws {RangeError} If it is set to another number: use a `Semaphore`. */
  override get permits(): number {
    return super.permits;
  }

  override set permits(permits: number) {
    if (permits !== 1) throw new RangeError(`A mutex has 1 permit, got ${String(permits)}: use a Semaphore.`);
  }

  /** @internal */
  override get _kind(): string {
    return "mutex";
  }

  /** @internal */
  override _holding(): string {
    return this._title;
  }
}
