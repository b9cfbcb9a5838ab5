/**
 * Shows what a program does: trace files, the browser's Performance panel, diagnostics channels.
 *
 * @packageDocumentation
 */
export {};
