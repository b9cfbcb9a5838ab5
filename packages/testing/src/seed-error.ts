/**
 * Thrown by {@link explore} when a body failed under some seed. The message says which, and how to replay it; the failure
 * itself is the `cause`.
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
  }
}
