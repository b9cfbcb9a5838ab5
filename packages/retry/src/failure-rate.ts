import { checkCount, checkNumber } from "@selvage/scope/internal";

/** How many parts the window has. Calls leave it one part at a time. */
const PARTS = 10;

/**
 * The share of calls that failed in a sliding window. It costs constant time and memory, however many calls there are.
 *
 * The window moves in steps of a part, so a call counts for nine to ten tenths of its length.
 */
export class FailureRate {
  /** The share above which the rate is exceeded. */
  readonly #most: number;
  readonly #minimum: number;
  /** The length of one part of the window. */
  readonly #part: number;
  /** The calls and the failures in each part, and the number of the part since the start of the clock. */
  readonly #parts = Array.from({ length: PARTS }, () => ({ number: -1, calls: 0, failures: 0 }));

  constructor({ rate, window, minimum }: { readonly rate: number; readonly window: number; readonly minimum: number }) {
    checkNumber("rate", rate, 0);
    if (rate >= 1) throw new RangeError(`rate must be below 1, got ${rate}: no more than all calls can fail.`);
    checkNumber("window", window, 1);
    if (window === Infinity) throw new RangeError("window must be finite, got Infinity.");
    checkCount("minimum", minimum);
    this.#most = rate;
    this.#minimum = minimum;
    this.#part = window / PARTS;
  }

  /** Adds a call. Returns whether the rate is exceeded. */
  add(hasFailed: boolean, now: number): boolean {
    const number = Math.floor(now / this.#part);
    const part = this.#parts[((number % PARTS) + PARTS) % PARTS]!;
    if (part.number !== number) {
      part.number = number;
      part.calls = part.failures = 0;
    }
    part.calls++;
    if (hasFailed) part.failures++;
    let calls = 0;
    let failures = 0;
    for (const each of this.#parts) {
      if (each.number <= number - PARTS) continue;
      calls += each.calls;
      failures += each.failures;
    }
    return calls >= this.#minimum && failures / calls > this.#most; // not a product, because 0.57 * 100 is below 57
  }

  clear(): void {
    for (const part of this.#parts) {
      part.number = -1;
      part.calls = part.failures = 0;
    }
  }
}
