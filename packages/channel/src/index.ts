/**
 * Channels between tasks. Items go from senders to receivers in order, with back-pressure, and none is lost or doubled when something is cancelled.
 *
 * @packageDocumentation
 */
export { Broadcast, type BroadcastOptions } from "./broadcast.js";
export type { Case } from "./case.js";
export { Channel } from "./channel.js";
export { LaggedError } from "@selvage/scope/internal";
export type { BufferOptions, ChannelOptions, Overflow } from "./options.js";
export { produce, type Producer } from "./produce.js";
export { elapsed, select, type SelectResult } from "./select.js";
export type { Sender } from "./sender.js";
export type { Subscription } from "./subscription.js";
export { type Versioned, Watch, type WatchOptions } from "./watch.js";
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
