import {
  checkCount,
  checkFunction,
  checkOptions,
  describeValue,
  expected,
  reportUncaught,
} from "@selvage/scope/internal";

/**
 * What happens to an item when the buffer is full. `"wait"`: the sender waits. `"drop-oldest"`: the oldest item of the buffer is dropped for it.
 * `"drop-newest"`: it is dropped. `"error"`: `send` rejects with a `LaggedError`.
 */
export type Overflow = "wait" | "drop-oldest" | "drop-newest" | "error";

/** Options of a buffer. */
export interface BufferOptions<T> {
  /** How many items wait to be received at most: 0 (each is handed over), a positive integer, or `Infinity`. Default: 0. */
  readonly capacity?: number | undefined;
  /** What happens to an item when the buffer is full. Default: `"wait"`. */
  readonly overflow?: Overflow | undefined;
  /**
   * Called with each item that was accepted and will never be received: it was dropped, or the receivers have left. It is called synchronously, once per
   * item. An error that it throws is reported as uncaught.
   */
  readonly undelivered?: ((item: T) => void) | undefined;
}

/** Options of a `Channel`. */
export interface ChannelOptions<T> extends BufferOptions<T> {
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
}

/** Options of a buffer, with their defaults. */
export interface CheckedBuffer<T> {
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly undelivered: ((item: T) => void) | undefined;
}

const OVERFLOWS: readonly unknown[] = ["wait", "drop-oldest", "drop-newest", "error"];

/** Checks the options of a buffer, and returns a copy. */
export function checkBuffer<T>(options: BufferOptions<T>): CheckedBuffer<T> {
  checkOptions(options);
  const { capacity = 0, overflow = "wait", undelivered } = options;
  if (capacity !== 0 && capacity !== Infinity) {
    if (typeof capacity !== "number") throw expected("capacity", "0, a positive integer or Infinity", capacity);
    checkCount("capacity", capacity);
  }
  if (!OVERFLOWS.includes(overflow)) throw expected("overflow", OVERFLOWS.map(describeValue).join(" or "), overflow);
  const drops = overflow === "drop-oldest" || overflow === "drop-newest";
  if (drops && (capacity === 0 || capacity === Infinity)) {
    throw new RangeError(`overflow: "${overflow}" needs a capacity of at least 1 that is finite, got ${capacity}.`);
  }
  if (undelivered !== undefined) checkFunction(undelivered, "undelivered");
  return { capacity, overflow, undelivered };
}

/** Passes an item to `undelivered`. */
export function drop<T>({ undelivered }: CheckedBuffer<T>, item: T): void {
  try {
    undelivered?.call(undefined, item);
  } catch (error) {
    reportUncaught(error);
  }
}
