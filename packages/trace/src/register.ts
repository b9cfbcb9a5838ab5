/**
 * Lets `selvage-trace ps` and `top` read the live tree of this process.
 *
 * @packageDocumentation
 */
export {};
