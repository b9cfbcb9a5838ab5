import { brand, checkNumber, checkOptions, expected } from "@selvage/scope/internal";

/** The brand of {@link HedgeBudget}. */
export const HEDGE_BUDGET = "@selvage/retry/HedgeBudget";

/** Options of a {@link HedgeBudget}. */
export interface HedgeBudgetOptions {
  /** How many further functions may be started for each call, on average: 0.1 for one in ten calls. More than 0, and at most 1. */
  readonly share: number;
}

/** Sums of shares are not exact: ten times 0.1 is less than 1. */
const EQUAL = 1e-9;

/** The most further functions that a budget lets through at once after a calm time. */
const MOST_SAVED = 10;

/**
 * Limits how many functions `hedge` starts besides the first ones, over all calls that share the budget. So hedging cannot double the load of a service
 * that is already slow.
 *
 * Each call adds `share` to the budget, up to 10, and each further function takes 1 from it. A new budget is empty.
 *
 * Compare gRPC's throttling of hedged calls, and Finagle's `RetryBudget`.
 *
 * @throws {TypeError | RangeError} If `share` is not a number above 0 and at most 1.
 * @example
 * ```ts
 * import { hedge, HedgeBudget } from "@selvage/retry";
 *
 * const budget = new HedgeBudget({ share: 0.1 });
 * let further = 0;
 * for (let call = 0; call < 100; call++) {
 *   const fail = () => Promise.reject(new Error("down"));
 *   await hedge([fail, () => (further++, fail())], { after: 50, budget }).catch(() => {});
 * }
 * console.assert(further === 10);
 * ```
 */
export class HedgeBudget {
  readonly #share: number;
  #saved = 0;

  constructor(options: HedgeBudgetOptions) {
    if (typeof options !== "object" || (options as unknown) === null)
      throw expected("The options", "an object with a share", options);
    checkOptions(options);
    const { share } = options;
    checkNumber("share", share, 0);
    if (share === 0 || share > 1) throw new RangeError(`share must be above 0 and at most 1, got ${share}.`);
    this.#share = share;
  }

  /** @internal A call begins. */
  _call(): void {
    this.#saved = Math.min(MOST_SAVED, this.#saved + this.#share);
  }

  /** @internal Takes from the budget what a further function costs, if it is there. */
  _take(): boolean {
    if (this.#saved < 1 - EQUAL) return false;
    this.#saved -= 1;
    return true;
  }

  static {
    brand(this, HEDGE_BUDGET);
  }
}
