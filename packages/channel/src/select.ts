import {
  checkFunction,
  checkTime,
  checkWaitScope,
  expected,
  refusalOf,
  Turn,
  TurnQueue,
  type WaitScope,
} from "@selvage/scope/internal";
import type { Case } from "./case.js";
import { tryCase, waitForCase } from "./cases.js";

/** What happens after a case was committed. It is called in the caller. */
export type Committed = () => unknown;

/** A case that waits. */
export interface Waiting {
  /** Called when another case was committed, or the wait has ended. */
  stop(): void;
}

/**
 * Waits until one of several operations can happen, and commits exactly that one: the first in the order given of those that are ready, or else the first
 * that becomes ready. The others are left as if they had never been asked. Then the function of the committed case is called, and its result returned.
 *
 * The case of a closed channel is ready: the call rejects with the channel's error. Two calls of `select` at the two ends of a channel without a buffer
 * never match each other.
 *
 * **Cancellation**: the wait rejects with the scope's `CancelledError`, and no case was committed. The function of a case is not cancelled by this call.
 *
 * Compare Go's `select` and Kotlin's.
 *
 * @param scope - The scope or signal of the caller.
 * @throws {TypeError} Synchronously, if an argument is wrong. @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
 * @throws {ClosedError} If the channel of the committed case is closed.
 * @throws The error of a channel that was closed with one, or of the function.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Channel, elapsed, select } from "@selvage/channel";
 *
 * using scope = new CancelScope();
 * const orders = new Channel<string>({ capacity: 1 });
 * const what = await select(scope, [orders.onReceive((order) => `got ${order}`), elapsed(5, () => "nothing came")]);
 * console.assert(what === "nothing came");
 * ```
 */
export function select<const C extends readonly Case<unknown>[]>(scope: WaitScope, cases: C): Promise<SelectResult<C>> {
  checkWaitScope(scope);
  if (!Array.isArray(cases) || cases.length === 0)
    throw expected("The cases of select", "an array of at least one case", cases);
  const copy = [...(cases as readonly Case<unknown>[])];
  for (const each of copy) {
    if ((Object(each) as Partial<Case<unknown>>)._what === undefined) {
      throw expected("Each case of select", "made by onReceive, onSend or elapsed", each);
    }
  }
  const refusal = refusalOf(scope);
  if (refusal !== undefined) return refusal;
  for (const each of copy) {
    const committed = tryCase(each);
    if (committed !== undefined) return Promise.resolve().then(committed) as Promise<SelectResult<C>>;
  }
  const selecting = new Selecting(scope);
  selecting.begin(copy);
  return selecting.promise.then((committed) => committed()) as Promise<SelectResult<C>>;
}

/** The type of the result of a `select`. */
export type SelectResult<C extends readonly Case<unknown>[]> = C[number] extends Case<infer R> ? Awaited<R> : never;

/** A pending `select`. */
export class Selecting extends Turn<Committed> {
  #waiting: Waiting[] = [];
  #hasEnded = false;

  override get waiting(): string {
    return "select";
  }

  begin(cases: readonly Case<unknown>[]): void {
    void this.stand(new TurnQueue());
    for (const each of cases) {
      if (this.#hasEnded) return; // an earlier case has been committed, or foreign code has ended the wait
      const waiting = waitForCase(this, each);
      this.#waiting.push(waiting);
      if (this._hasEnded) waiting.stop();
    }
  }

  /** @internal Whether a case can no longer be committed. */
  get _hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @internal Commits a case. No foreign code runs until `finish`. */
  _settle(committed: Committed): void {
    this.#hasEnded = true;
    this.settle(committed);
  }

  override finish(): void {
    this.#stop();
    super.finish();
  }

  override refuse(error: unknown): void {
    this.#stop();
    super.refuse(error);
  }

  override left(): void {
    this.#stop();
  }

  #stop(): void {
    this.#hasEnded = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.stop();
  }
}

/**
 * A case that is ready after `ms` milliseconds, on the clock of the scope of the {@link select}. While it waits, it keeps the process alive.
 *
 * @throws {TypeError} If an argument is wrong.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { elapsed, select } from "@selvage/channel";
 *
 * using scope = new CancelScope();
 * console.assert((await select(scope, [elapsed(1, () => "later")])) === "later");
 * ```
 */
export function elapsed<R>(ms: number, fn: () => R | PromiseLike<R>): Case<R> {
  checkTime(ms, "A time to wait");
  checkFunction(fn, "The function of a case");
  return { fn, _what: { kind: "elapsed", ms } };
}
