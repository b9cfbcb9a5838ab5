import fc from "fast-check";

/** Classes of errors: `Any` is the base class of all, including groups; a `B` is an `A`. */
export type ClassName = "Any" | "A" | "B" | "C";

/** The description of an error. Equal ids mean the same object. */
export type ErrorCase = LeafCase | GroupCase;

interface LeafCase {
  readonly id: number;
  readonly class: Exclude<ClassName, "Any">;
}

interface GroupCase {
  readonly id: number;
  /** Whether the group is of a subclass with its own `derive`. */
  readonly marked: boolean;
  readonly cause: boolean;
  readonly members: readonly ErrorCase[];
}

export type ConditionCase = { readonly classes: readonly ClassName[] } | { readonly ids: readonly number[] };

export interface SplitCase {
  readonly error: GroupCase;
  readonly condition: ConditionCase;
}

export interface HandleCase {
  readonly error: ErrorCase;
  readonly clauses: readonly ClauseCase[];
}

interface ClauseCase {
  readonly classes: readonly ClassName[];
  readonly then: Then;
}

/** What a handler does. */
export type Then =
  | { readonly do: "swallow" | "reraise" | "raise member" }
  /** Throws the part of its group that is of a class, if there is any. */
  | { readonly do: "raise part"; readonly class: ClassName }
  | { readonly do: "raise"; readonly error: ErrorCase };

/** A resulting error. */
export type ErrorResult =
  | { readonly id: number }
  | { readonly text: string }
  | {
      readonly message: string;
      /** Whether it is the same object as at the beginning of the case. */
      readonly same: boolean;
      readonly marked: boolean;
      readonly cause: string | null;
      readonly members: readonly ErrorResult[];
    };

export interface Halves {
  readonly match: ErrorResult | null;
  readonly rest: ErrorResult | null;
  readonly subgroup: ErrorResult | null;
}

export interface Handled {
  /** The group that each clause's handler received, if it was called. */
  readonly caught: readonly (ErrorResult | null)[];
  readonly thrown: ErrorResult | null;
}

const leaves: fc.Arbitrary<LeafCase> = leavesFrom(1);
/** Leaves that are not in the handled group. */
const newLeaves: fc.Arbitrary<LeafCase> = leavesFrom(21);

function leavesFrom(first: number): fc.Arbitrary<LeafCase> {
  const classes = ["A", "B", "C"] as const;
  return fc.nat(11).map((number) => ({ id: first + number, class: classes[number % 3]! }));
}

function groupsOf(leaf: fc.Arbitrary<LeafCase>, depth: number): fc.Arbitrary<GroupCase> {
  return fc.record({
    id: fc.constant(0),
    marked: fc.boolean(),
    cause: fc.boolean(),
    members: fc.array<ErrorCase>(depth === 0 ? leaf : fc.oneof(leaf, leaf, groupsOf(leaf, depth - 1)), {
      minLength: 1,
      maxLength: 4,
    }),
  });
}

/** Gives each group of an error a unique id, from `next` on. */
function numbered<E extends ErrorCase>(error: E, next: { id: number }): E {
  if (!("members" in error)) return error;
  const id = next.id++;
  return { ...error, id, members: error.members.map((member) => numbered(member, next)) };
}

const newErrors: fc.Arbitrary<ErrorCase> = fc.oneof<fc.Arbitrary<ErrorCase>[]>(newLeaves, groupsOf(newLeaves, 1));

const groups: fc.Arbitrary<GroupCase> = groupsOf(leaves, 3).map((group) => numbered(group, { id: 101 }));

const classes: fc.Arbitrary<readonly ClassName[]> = fc.oneof(
  { weight: 5, arbitrary: fc.uniqueArray(fc.constantFrom<ClassName>("A", "B", "C"), { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant(["Any" as const]) },
);

/** Groups that are split by a condition: by classes, or by a predicate on the ids of errors and groups. */
export const splitCases: fc.Arbitrary<SplitCase> = fc.record({
  error: groups,
  condition: fc.oneof(
    fc.record({ classes }),
    fc.record({ ids: fc.uniqueArray(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 101, max: 108 }))) }),
  ),
});

const thens: fc.Arbitrary<Then> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Then>({ do: "swallow" }) },
  { weight: 4, arbitrary: fc.constant<Then>({ do: "reraise" }) },
  { weight: 1, arbitrary: fc.constant<Then>({ do: "raise member" }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("raise part" as const), class: fc.constantFrom("A", "B", "C") }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("raise" as const), error: newErrors }) },
);

/** Errors, mostly groups, that are handled with up to three clauses. */
export const handleCases: fc.Arbitrary<HandleCase> = fc
  .record({
    error: fc.oneof<fc.WeightedArbitrary<ErrorCase>[]>(
      { weight: 6, arbitrary: groups },
      { weight: 1, arbitrary: leaves },
    ),
    clauses: fc.array(fc.record({ classes, then: thens }), { minLength: 1, maxLength: 3 }),
  })
  .map(({ error, clauses }) => {
    const next = { id: 201 };
    const numberedClauses = clauses.map(({ classes, then }) => ({
      classes,
      then: then.do === "raise" ? { ...then, error: numbered(then.error, next) } : then,
    }));
    return { error, clauses: numberedClauses };
  });
