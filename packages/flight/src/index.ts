/**
 * Shared calls: one flight per key, whose result goes to everybody who asked for it.
 *
 * @packageDocumentation
 */
export { type FlightFunction, Flights, type FlightsOptions } from "./flights.js";
export {
  CancelledError,
  CancelScope,
  type CancelScopeOptions,
  type Clock,
  ClosedError,
  InvalidStateError,
  isCancellation,
  now,
} from "@selvage/scope";
