import { type CancelledError, type CancelScope, InvalidStateError, type Task } from "@selvage/scope";
import {
  callersContext,
  callInContext,
  cancelAnyway,
  ignoreRejection,
  reasonOf,
  TurnQueue,
} from "@selvage/scope/internal";
import { Alarm, errorOf } from "@selvage/scope/lowlevel";
import type { Caller } from "./caller.js";
import { beginWaits, flightsAround, isEndless, runsIn, type Waited } from "./cycles.js";
import type { FlightHost } from "./flight-host.js";
import { titleOf } from "./title.js";

/**
 * One call for a key, and its callers.
 *
 * ```
 * state      entered when                                what happens
 * waiting    made while a cancelled flight has not ended  it begins when that one has ended
 * flying     begun                                        new callers join it
 * lingering  the last caller has left, with `linger`      new callers join it; cancelled when that time is over
 * cancelled  the last caller has left, or by its owner    nobody joins it; the callers who left it last wait for its end
 * ended      its function has ended                       its callers get the outcome
 * ```
 */
export class Flight<K, V> implements Waited {
  readonly key: K;
  readonly waitsFor: Map<Waited, number> = new Map<Waited, number>();
  readonly #host: FlightHost<K, V>;
  readonly #callers = new TurnQueue<Caller<K, V>>();
  /** The cancelled flight that must end first; `undefined` once it has. */
  #before: Flight<K, V> | undefined;
  /** The flight that begins when this one has ended. */
  #after: Flight<K, V> | undefined = undefined;
  /** Whether its task was opened. */
  #hasBegun = false;
  /** The scope of its function; `undefined` until that is called. */
  #scope: CancelScope | undefined = undefined;
  /** Whether the last caller has left, so that it is cancelled. */
  #isAbandoned = false;
  #hasEnded = false;
  /** Cancels it when it has had no callers for some time; `undefined` until the last caller leaves. */
  #lingering: Alarm | undefined = undefined;
  /** Callers who have left in this turn, or who wait for the end of the flight that they have emptied. */
  #leaving: Caller<K, V>[] = [];

  /** @param before - The flight before it for the same key, which is cancelled and has not ended. */
  constructor(host: FlightHost<K, V>, key: K, before: Flight<K, V> | undefined) {
    this.#host = host;
    this.key = key;
    this.#before = before;
  }

  get before(): Flight<K, V> | undefined {
    return this.#before;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether it is cancelled, so that nobody joins it. */
  get isCancelled(): boolean {
    return this.#isAbandoned || this.#scope?.cancelled === true;
  }

  /** The error of a wait that would never end, because the code that waits runs in this flight, or in one for which this one waits (F9). */
  waitsForCodeIn(scope: CancelScope): InvalidStateError | undefined {
    if (!isEndless(this, flightsAround(scope))) return undefined;
    return new InvalidStateError(
      `The flight of ${titleOf(this.key)} would wait for itself: code inside it asks for it, directly or through other flights.`,
    );
  }

  /** Adds a caller. */
  board(caller: Caller<K, V>): Promise<V> {
    if (this.#before !== undefined) this.#before.#after = this;
    try {
      this.#lingering?.clear();
    } catch (error) {
      caller.refuse(error); // the clock throws, and fails only this call (C1)
      if (this.#callers.length === 0) this.#abandon(); // nothing would cancel it later
      return caller.promise;
    }
    // A flight begins in the async context of the caller whose function it calls, however late that is.
    if (this.#before !== undefined) caller.context = callersContext(beginFor, caller as Caller<unknown, unknown>);
    caller.around = flightsAround(caller.scope!);
    beginWaits(this, caller.around);
    return caller.stand(this.#callers);
  }

  /** Calls the function of the first caller. */
  begin(): void {
    const [first] = this.#callers;
    if (first === undefined)
      this.#host.left(this); // an observer of the wait has cancelled it, or the flights were closed
    else if (first.context === undefined) this._beginFor(first);
    else callInContext(first.context, beginFor, first as Caller<unknown, unknown>);
  }

  /** @internal Calls the function of a caller, or of the next one if that one has left meanwhile. */
  _beginFor(first: Caller<K, V>): void {
    if (first.queue === undefined) {
      this.begin();
      return;
    }
    this.#hasBegun = true;
    try {
      this.#host.start(this, first.fn);
    } catch (error) {
      this.#end(undefined);
      this.refuse(error, error === reasonOf(this.#host.scope));
    }
  }

  /** Called with the scope of its function, just before that is called. Throws if it was cancelled while its task was opened. */
  began(scope: CancelScope): void {
    this.#scope = scope;
    runsIn(this, scope);
    if (!this.#isAbandoned) return;
    this.#abandon();
    throw reasonOf(scope)!;
  }

  /** Called when its task has ended. */
  ended(task: Task<V>): void {
    const { status } = task;
    const mayBeKept = status === "fulfilled" && !this.#isAbandoned;
    this.#end(mayBeKept ? { value: task.result() } : undefined);
    if (status === "fulfilled") {
      const value = task.result();
      for (const caller of this.#callers) if (caller.queue !== undefined) caller.receive(value);
    } else {
      const error = errorOf(task);
      const isReceived = this.refuse(error, status === "cancelled");
      if (status === "rejected" && !isReceived) this.#host.failed(error, this.key);
    }
  }

  /** Rejects all callers whose time is not up. Returns whether there were any. */
  refuse(error: unknown, isCut: boolean = false): boolean {
    let isReceived = false;
    for (const caller of this.#callers) {
      if (caller.queue === undefined) continue; // the end of an earlier one has run foreign code
      if (isCut) ignoreRejection(caller.promise); // a cancellation need not be handled
      if (caller.receiveError(error)) isReceived = true;
    }
    return isReceived;
  }

  /** Called when a caller's scope has ended, and the caller has left the queue. */
  left(caller: Caller<K, V>): void {
    if (this.#callers.length === 0) this.#emptied();
    if (!this.#hasBegun || this.#hasEnded || this.#host.linger > 0 || this.#isInside(caller)) {
      caller.isGone();
      return;
    }
    this.#leaving.push(caller);
    if (this.#leaving.length === 1) queueMicrotask(this.#turnOver);
  }

  /**
   * Whether a caller is known to be code inside a flight, for whose end it must not wait (F9): nobody else has a scope with the cancellation of the flight, or
   * of the flights.
   */
  #isInside({ error }: Caller<K, V>): boolean {
    const owner = (error as Partial<CancelledError>).scope;
    return owner !== undefined && (owner === this.#scope || owner === this.#host.scope);
  }

  /** The turn in which callers have left is over. If that has not emptied the flight, they need not wait for it. */
  readonly #turnOver = (): void => {
    if (this.#isAbandoned && !this.#hasEnded) return;
    this.#release();
  };

  #release(): void {
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const caller of leaving) caller.isGone();
  }

  #emptied(): void {
    if (this.#hasEnded) return;
    const { linger, scope } = this.#host;
    if (!this.#hasBegun) {
      if (this.#before !== undefined && this.#before.#after === this) this.#before.#after = undefined;
      this.#host.left(this);
    } else if (linger === 0) {
      this.#abandon();
    } else if (linger !== Infinity) {
      try {
        const now = scope.clock.now();
        this.#lingering ??= new Alarm(this.#lingered, { clock: scope.clock });
        this.#lingering.set(now + linger, now);
      } catch {
        this.#abandon(); // the clock throws, so nothing would cancel it later (C1)
      }
    }
  }

  readonly #lingered = (): void => {
    if (this.#callers.length === 0) this.#abandon();
  };

  #abandon(): void {
    this.#isAbandoned = true;
    if (this.#scope !== undefined) cancelAnyway(this.#scope, "nobody waits for it any longer"); // otherwise when its function would be called
  }

  /** The function has ended, or was never called. The callers who have left last need not wait any longer, and the next flight begins. */
  #end(outcome: { readonly value: V } | undefined): void {
    this.#hasEnded = true;
    try {
      this.#lingering?.clear();
    } catch {
      // The clock throws. When the alarm fires, there is nothing to cancel.
    }
    this.#host.landed(this, outcome);
    this.#release();
    const after = this.#after;
    this.#after = undefined;
    if (after === undefined) return;
    after.#before = undefined;
    // In a microtask, because this runs in the end of a task, and a function must not be called there.
    queueMicrotask(() => {
      after.begin();
    });
  }
}

function beginFor(caller: Caller<unknown, unknown>): void {
  caller.flight._beginFor(caller);
}
