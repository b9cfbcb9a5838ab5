/** What should be reached. */
export interface Goal {
  /** The letter of its scenario. */
  readonly scenario: string;
  readonly text: string;
  /** The contestants whose goal it is. */
  readonly of: readonly string[];
  /** The cases in which it is judged. */
  readonly cases: readonly string[];
  readonly limit: Limit;
}

/** How a goal is judged. A ratio is the median over the rounds of the ratio of two figures of one round. */
export type Limit =
  /** In each case, at most `times` another contestant's figure. */
  | { readonly kind: "ratio"; readonly times: number; readonly to: readonly string[] | "every peer" }
  /** The mean over the cases of the ratio to another contestant's figure is at most `times`. */
  | { readonly kind: "mean ratio"; readonly times: number; readonly to: readonly string[] }
  /** In each case, at most this figure. */
  | { readonly kind: "absolute"; readonly atMost: number }
  /** The figure of the last case is at most `times` that of the first. */
  | { readonly kind: "growth"; readonly times: number };
