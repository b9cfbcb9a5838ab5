import { brand, hasBrand } from "@selvage/scope/internal";

const CIRCUIT_OPEN_ERROR = "@selvage/retry/CircuitOpenError";

/**
 * The error of `run` of a `Breaker` that is open. The function was not called. `retry` does not retry it, unless its `retryIf` says so.
 *
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Breaker, CircuitOpenError } from "@selvage/retry";
 *
 * using scope = new CancelScope();
 * const breaker = new Breaker({ failures: 1 }, { resetAfter: 30_000 });
 * await breaker.run(scope, () => Promise.reject(new Error("503"))).catch(() => {});
 * try {
 *   await breaker.run(scope, () => "not called");
 * } catch (error) {
 *   console.assert(error instanceof CircuitOpenError && error.retryAfter > 29_000);
 * }
 * ```
 */
export class CircuitOpenError extends Error {
  /** In how many milliseconds the breaker admits a probe, from the time of the call. It is 0 if the breaker is half-open and all probes are taken. */
  readonly retryAfter: number;

  /** @internal */
  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "CircuitOpenError" });
    brand(this, CIRCUIT_OPEN_ERROR);
  }
}

/** Whether an error is a `CircuitOpenError`, of this or another copy of the package. */
export function isCircuitOpen(error: unknown): error is CircuitOpenError {
  return hasBrand(error, CIRCUIT_OPEN_ERROR);
}
