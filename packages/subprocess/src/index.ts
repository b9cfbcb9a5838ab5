/**
 * Commands that end with all their children when their scope is cancelled.
 *
 * @packageDocumentation
 */
export { CancelledError, CancelScope, isCancellation } from "@selvage/scope";
