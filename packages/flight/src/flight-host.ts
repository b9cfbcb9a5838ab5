import type { CancelScope } from "@selvage/scope";
import type { Flight } from "./flight.js";
import type { FlightFunction } from "./flights.js";

/** What a flight needs of the flights that it is one of. */
export interface FlightHost<K, V> {
  /** How long a flight goes on without callers, in milliseconds. */
  readonly linger: number;
  /** The scope of the owner. */
  readonly scope: CancelScope;
  /** Makes the task of a flight. Throws if the owner does not accept it. */
  start(flight: Flight<K, V>, fn: FlightFunction<K, V>): void;
  /** Called when the last caller has left a flight that has not begun. */
  left(flight: Flight<K, V>): void;
  /** Called when a flight has ended, with a value that may be kept. */
  landed(flight: Flight<K, V>, outcome: { readonly value: V } | undefined): void;
  /** Called with a failure that has no caller. */
  failed(error: unknown, key: K): void;
}
