import { type CancelledError, ClosedError } from "@selvage/scope";
import { type CallersContext, ignoreRejection, isOver, Turn, type WaitScope } from "@selvage/scope/internal";
import { endWaits, type Waited } from "./cycles.js";
import type { Flight } from "./flight.js";
import type { FlightFunction } from "./flights.js";
import { titleOf } from "./title.js";

/** A pending `get`. */
export class Caller<K, V> extends Turn<V> {
  readonly fn: FlightFunction<K, V>;
  /** The flights in whose functions the caller runs; each waits for this one meanwhile (F9). */
  around: readonly Waited[] = [];
  /** Why it has left; `undefined` while it waits. */
  error: Error | undefined = undefined;
  /** The async context of the caller, for a flight that begins later; `undefined` if it begins at once. */
  context: CallersContext | undefined = undefined;
  readonly flight: Flight<K, V>;

  constructor(flight: Flight<K, V>, scope: WaitScope, fn: FlightFunction<K, V>) {
    super(scope);
    this.flight = flight;
    this.fn = fn;
  }

  override get waiting(): string {
    return `the flight of ${titleOf(this.flight.key)}`;
  }

  override cancelled(reason: CancelledError): void {
    this._leave(reason);
  }

  override closed(): void {
    this._leave(
      new ClosedError("The scope was closed while something waited in it: close it when its work has ended."),
    );
  }

  /** Takes the value, unless the time of the caller is up. */
  receive(value: V): void {
    if (!this.#isInTime()) return;
    this.#forget();
    this.grant(value);
  }

  /** Takes the error, unless the time of the caller is up. Returns whether it did. */
  receiveError(error: unknown): boolean {
    if (!this.#isInTime()) return false;
    this.refuse(error);
    return true;
  }

  /** False if the time of the caller is up. Then its own timer ends the wait (C1). */
  #isInTime(): boolean {
    try {
      return !isOver(this.scope!);
    } catch (error) {
      this.refuse(error); // a clock that throws
      return false;
    }
  }

  override refuse(error: unknown): void {
    this.#forget();
    super.refuse(error);
  }

  /** @internal Leaves the flight. The promise rejects now, or when the flight has ended (F3). */
  _leave(error: Error): void {
    this.error = error;
    ignoreRejection(this.promise); // as that of every wait in a cancelled scope
    super.leave();
    this.flight.left(this);
  }

  /** Called when it has left and need not wait for the end of the flight. Until then the flights around it wait for this one. */
  isGone(): void {
    this.#forget();
    this.reject(this.error);
  }

  #forget(): void {
    endWaits(this.flight, this.around);
    this.around = [];
  }
}
