import { checkCount, checkNumber } from "@selvage/scope/internal";

/** How many parts the window has. Calls leave it one part at a time. */
const PARTS = 10;

/** The share of calls that failed in a sliding window. It costs constant time and memory, however many calls there are. */
export class FailureRate {
  readonly #most: number;
  readonly #minimum: number;
  /** The length of one part of the window. */
  readonly #part: number;
  /** The calls and the failures in each part, and the number of the part since the start of the clock. */
  readonly #parts = Array.from({ length: PARTS }, () => ({ number: -1, calls: 0, failures: 0 }));

  constructor({ rate, window, minimum }: { readonly rate: number; readonly window: number; readonly minimum: number }) {
    checkNumber("rate", rate, 0);
    if (rate > 1) throw new RangeError(`rate must be at most 1, got ${rate}.`);
    checkNumber("window", window, 0);
    if (window === 0 || window === Infinity) throw new RangeError(`window must be positive and finite, got ${window}.`);
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
    return calls >= this.#minimum && failures > this.#most * calls;
  }

  clear(): void {
    for (const part of this.#parts) {
      part.number = -1;
      part.calls = part.failures = 0;
    }
  }
}
