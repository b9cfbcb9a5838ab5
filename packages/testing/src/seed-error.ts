import { brand } from "@selvage/scope/internal";

/**
 * Thrown by {@link explore} when a body failed under a seed. The message names the seed and says how to replay the run. The failure is the `cause`.
 *
 * @example
 * ```ts
 * import { explore, SeedError } from "@selvage/testing";
 *
 * try {
 *   await explore(() => Promise.reject(new Error("always")));
 * } catch (error) {
 *   console.assert(error instanceof SeedError && error.seed === 0 && (error.cause as Error).message === "always");
 * }
 * ```
 */
export class SeedError extends Error {
  /** The seed under which the body failed. */
  readonly seed: number;

  constructor(message: string, seed: number, options: ErrorOptions) {
    super(message, options);
    this.seed = seed;
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "SeedError" });
    brand(this, "@selvage/testing/SeedError");
  }
}
