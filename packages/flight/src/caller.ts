import { type CancelledError, ClosedError } from "@selvage/scope";
import { ignoreRejection, isOver, Turn, type WaitScope } from "@selvage/scope/internal";
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
  readonly #flight: Flight<K, V>;

  constructor(flight: Flight<K, V>, scope: WaitScope, fn: FlightFunction<K, V>) {
    super(scope);
    this.#flight = flight;
    this.fn = fn;
  }

  override get waiting(): string {
    return `the flight of ${titleOf(this.#flight.key)}`;
  }

  override cancelled(reason: CancelledError): void {
    this._leave(reason);
  }

  override closed(): void {
    this._leave(
      new ClosedError("The scope was closed while something waited in it: close it when its work has ended."),
    );
  }

  /** Takes the value, unless the time of the caller is up. Then its own timer ends the wait (C1). */
  receive(value: V): void {
    try {
      if (isOver(this.scope!)) return;
    } catch (error) {
      this.refuse(error); // a clock that throws
      return;
    }
    this.#forget();
    this.grant(value);
  }

  override refuse(error: unknown): void {
    this.#forget();
    super.refuse(error);
  }

  /** @internal Leaves the flight. The promise rejects now, or when the flight has ended (F3). */
  _leave(error: Error): void {
    this.error = error;
    ignoreRejection(this.promise); // as that of every wait in a cancelled scope
    this.#forget();
    super.leave();
    this.#flight.left(this);
  }

  #forget(): void {
    endWaits(this.#flight, this.around);
    this.around = [];
  }
}
