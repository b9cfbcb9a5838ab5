/** What requests there are: what becomes of their task is what each is named for. */
export const kinds = ["plain", "parts", "failing", "failing-part", "late", "left", "poke"] as const;

export type Kind = (typeof kinds)[number];

/** What the client gets to see of each. */
export const outcomes: Record<Kind, number> = {
  plain: 200,
  parts: 200,
  failing: 500,
  "failing-part": 500,
  late: 504,
  left: 200, // the headers had been sent
  poke: 200,
};
