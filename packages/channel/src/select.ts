import type { CancelScope } from "@selvage/scope";
import {
  checkFunction,
  checkTime,
  checkWaitScope,
  type Entry,
  expected,
  isOver,
  refusalOf,
  Turn,
  TurnQueue,
  type WaitScope,
} from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";

/** A case of a {@link select}. It is made by `onReceive` and `onSend` of a channel, and by {@link elapsed}. */
export interface Case<R> {
  /** @internal Commits the case if it is ready. Returns what happens then; `undefined` if it is not ready. */
  _try(): Committed<R> | undefined;
  /** @internal Waits until it is ready, and then commits it with `select._settle` and `finish`. */
  _wait(select: Selecting): Waiting;
}

/** What happens after a case was committed. It is called in the caller. */
export type Committed<R> = () => R | PromiseLike<R>;

/** A case that waits. */
export interface Waiting {
  /** Called when another case was committed, or the wait has ended. */
  _stop(): void;
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
    if (typeof (each as Partial<Case<unknown>> | undefined)?._try !== "function") {
      throw expected("Each case of select", "made by onReceive, onSend or elapsed", each);
    }
  }
  const refusal = refusalOf(scope);
  if (refusal !== undefined) return refusal;
  for (const each of copy) {
    const committed = each._try();
    if (committed !== undefined) return Promise.resolve().then(committed) as Promise<SelectResult<C>>;
  }
  const selecting = new Selecting(scope);
  selecting.begin(copy);
  return selecting.promise.then((committed) => committed()) as Promise<SelectResult<C>>;
}

/** The type of the result of a `select`. */
export type SelectResult<C extends readonly Case<unknown>[]> = C[number] extends Case<infer R> ? Awaited<R> : never;

/** A pending `select`. */
export class Selecting extends Turn<Committed<unknown>> {
  #waiting: Waiting[] = [];
  #hasEnded = false;

  override get waiting(): string {
    return "select";
  }

  begin(cases: readonly Case<unknown>[]): void {
    void this.stand(new TurnQueue());
    for (const each of cases) {
      if (this.#hasEnded) return; // an earlier case has been committed, or foreign code has ended the wait
      const waiting = each._wait(this);
      this.#waiting.push(waiting);
      if (this._hasEnded) waiting._stop();
    }
  }

  /** @internal Whether a case can no longer be committed. */
  get _hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** @internal Commits a case. No foreign code runs until `finish`. */
  _settle(committed: Committed<unknown>): void {
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
    for (const each of waiting) each._stop();
  }
}

/** An entry of a `select` in a queue of a channel. */
export abstract class CaseEntry implements Entry, Waiting {
  ahead: Entry | undefined = undefined;
  behind: Entry | undefined = undefined;
  queue: TurnQueue<Entry> | undefined = undefined;
  protected readonly selecting: Selecting;

  constructor(selecting: Selecting) {
    this.selecting = selecting;
  }

  get isCase(): boolean {
    return true;
  }

  /** `undefined` once a case was committed: then a queue skips the others. */
  get scope(): CancelScope | undefined {
    return this.selecting._hasEnded ? undefined : this.selecting.scope;
  }

  finish(): void {
    this.selecting.finish();
  }

  refuse(error: unknown): void {
    this.selecting.refuse(error);
  }

  /** Ends the `select` with the error of a closed channel. */
  end(error: unknown): void {
    if (this.selecting._hasEnded) return;
    this.selecting._settle(() => {
      throw error as Error;
    });
    this.selecting.finish();
  }

  _stop(): void {
    this.queue?.remove(this);
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
  const committed: Committed<R> = () => fn.call(undefined);
  return {
    _try: () => (ms <= 0 ? committed : undefined),
    _wait(selecting) {
      const { clock } = selecting.scope!;
      const alarm = new Alarm(
        () => {
          // At equal times the deadline wins (C1).
          if (selecting._hasEnded || selecting.scope === undefined || isOver(selecting.scope)) return;
          selecting._settle(committed);
          selecting.finish();
        },
        { clock, keepAlive: true },
      );
      try {
        const now = clock.now();
        alarm.set(now + ms, now);
      } catch (error) {
        selecting.refuse(error);
      }
      return {
        _stop() {
          try {
            alarm.clear();
          } catch {
            // The clock throws. When the alarm fires, nothing waits for it.
          }
        },
      };
    },
  };
}
