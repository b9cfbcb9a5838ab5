/** The outcome of code that awaits a thenable. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Thenables that misbehave: a title, a function that makes one, and the outcome that every primitive gives to it. */
export const hostileThenables: readonly (readonly [title: string, make: () => unknown, outcome: Outcome])[] = [
  ["calls back at once", () => ({ then: (f: (v: unknown) => void) => f("v") }), { value: "v" }],
  ["calls back twice", () => ({ then: (f: (v: unknown) => void) => (f("v"), f("w")) }), { value: "v" }],
  [
    "calls back both ways",
    () => ({ then: (f: (v: unknown) => void, g: (e: unknown) => void) => (g("e"), f("v")) }),
    { error: "e" },
  ],
  ["calls back, then throws", () => ({ then: (f: (v: unknown) => void) => (f("v"), raise()) }), { value: "v" }],
  ["throws", () => ({ then: raise }), { error: new Error("hostile") }],
  [
    "has a then that cannot be read",
    () => Object.defineProperty({}, "then", { get: raise }),
    { error: new Error("hostile") },
  ],
  [
    "has a then that differs the second time",
    () => {
      let reads = 0;
      return Object.defineProperty({}, "then", {
        get: () => (reads++ === 0 ? (f: (v: unknown) => void) => f("v") : undefined),
      });
    },
    { value: "v" },
  ],
  [
    "resolves with another that rejects",
    () => ({ then: (f: (v: unknown) => void) => f({ then: (_: unknown, g: (e: unknown) => void) => g("e") }) }),
    { error: "e" },
  ],
  ["is a function", () => Object.assign(() => {}, { then: (f: (v: unknown) => void) => f("v") }), { value: "v" }],
  [
    "has no prototype",
    () => Object.assign(Object.create(null) as object, { then: (f: (v: unknown) => void) => f("v") }),
    { value: "v" },
  ],
];

function raise(): never {
  throw new Error("hostile");
}
