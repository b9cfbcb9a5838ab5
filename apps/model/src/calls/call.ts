import fc from "fast-check";

/** A function of `@selvage/task-group` that runs several functions, or one function for several items. */
type Combinator =
  "gather" | "race" | "any" | "gatherSettled" | "asCompleted" | "map" | "mapSettled" | "asCompletedItems";

/** One call of a combinator, as plain data. All times are whole milliseconds; those of the call count from its beginning. */
export interface Call {
  readonly of: Combinator;
  /** What each function does, or what the function does for each item. */
  readonly works: readonly Work[];
  /** Whether the functions are in an object. */
  readonly keyed: boolean;
  readonly limit: number | null;
  /** The option `within`, if the combinator has it. */
  readonly within: number | null;
  /** When an outer owner cancels. */
  readonly outer: number | null;
  /** The number of tasks after which a loop over `asCompleted` is left. */
  readonly leave: number | null;
  readonly source: SourceOfItems;
}

/** What one function does. */
export interface Work {
  readonly ms: number;
  /** How it ends after that time; `self`: by cancelling its own scope. */
  readonly end: "value" | "error" | "self";
  /** Its reaction to cancellation: it ends at once, ignores it, or takes time and then ends as given. */
  readonly onCancel: "cut" | "deaf" | { readonly ms: number; readonly end: "value" | "error" | "cut" };
}

/** The source of the items, one for each work. */
interface SourceOfItems {
  readonly isAsync: boolean;
  /** Whether a function makes it. */
  readonly made: boolean;
  /** The time of an asynchronous step. */
  readonly ms: number;
  /** The step that fails, if any. The step after the last item is the end. */
  readonly fails: number | null;
  /** The asynchronous step that never ends, if any. */
  readonly hangs: number | null;
  /** The behaviour of its `return`, if it has one. */
  readonly release: "none" | "hangs" | { readonly ms: number; readonly fails: boolean };
}

export function isOfItems({ of }: Call): boolean {
  return of === "map" || of === "mapSettled" || of === "asCompletedItems";
}

const time = fc.integer({ min: 1, max: 100_000 });

const works = fc.array(
  fc.record<Work>({
    ms: time,
    end: fc.oneof(
      { weight: 5, arbitrary: fc.constant("value") },
      { weight: 3, arbitrary: fc.constant("error") },
      { weight: 1, arbitrary: fc.constant("self") },
    ),
    onCancel: fc.oneof(
      { weight: 3, arbitrary: fc.constant("cut") },
      { weight: 1, arbitrary: fc.constant("deaf") },
      { weight: 3, arbitrary: fc.record({ ms: time, end: fc.constantFrom("value", "error", "cut") }) },
    ),
  }),
  { maxLength: 6 },
);

const source = fc.record<SourceOfItems>({
  isAsync: fc.boolean(),
  made: fc.boolean(),
  ms: fc.integer({ min: 1, max: 20_000 }),
  fails: fc.option(fc.nat(6), { freq: 2 }),
  hangs: fc.option(fc.nat(6), { freq: 2 }),
  release: fc.oneof(
    fc.constant("none" as const),
    fc.record({ ms: time, fails: fc.boolean() }),
    fc.constant("hangs" as const),
  ),
});

/** Random calls. Two things are almost never due at one time. */
export const calls: fc.Arbitrary<Call> = fc.noBias(
  fc.record<Call>({
    of: fc.constantFrom(
      "gather",
      "race",
      "any",
      "gatherSettled",
      "asCompleted",
      "map",
      "mapSettled",
      "asCompletedItems",
    ),
    works,
    keyed: fc.boolean(),
    limit: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 2 }),
    within: fc.option(time, { freq: 2 }),
    outer: fc.option(time, { freq: 2 }),
    leave: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 2 }),
    source,
  }),
);
