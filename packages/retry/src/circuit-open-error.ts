import { brand, hasBrand } from "@selvage/scope/internal";

const CIRCUIT_OPEN_ERROR = "@selvage/retry/CircuitOpenError";

/**
 * Thrown by `run` of a `Breaker` that is open. The function was not called. `retry` does not retry it, unless its `retryIf` says so.
 */
export class CircuitOpenError extends Error {
  /** In how many milliseconds the breaker admits a probe, from the time of the call. */
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
export function isCircuitOpen(error: unknown): boolean {
  return hasBrand(error, CIRCUIT_OPEN_ERROR);
}
