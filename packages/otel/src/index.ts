/**
 * OpenTelemetry spans and metrics for scopes, tasks, groups and supervisors.
 *
 * @packageDocumentation
 */
export { instrument, type InstrumentOptions } from "./instrument.js";
