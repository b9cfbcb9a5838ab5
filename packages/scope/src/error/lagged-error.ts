import { brand } from "../support/brand.js";

/**
 * The error of a `send` to a channel that is full, and of a `receive` of a subscription that has missed items, where `overflow` is `"error"`.
 *
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Channel, LaggedError } from "@selvage/channel";
 *
 * using scope = new CancelScope();
 * const jobs = new Channel<string>({ capacity: 1, overflow: "error" });
 * await jobs.send(scope, "one");
 * const error = await jobs.send(scope, "two").catch((error) => error);
 * console.assert(error instanceof LaggedError);
 * ```
 */
export class LaggedError extends Error {
  /** How many items were missed. */
  readonly missed: number;

  constructor(message: string, missed: number) {
    super(message);
    this.missed = missed;
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "LaggedError" });
    brand(this, "@selvage/scope/LaggedError");
  }
}
