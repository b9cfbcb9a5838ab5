/** Random plans of tasks and calls of shutdown, for `random-shutdown.test.ts`. */
import fc from "fast-check";

export interface Plan {
  readonly tasks: readonly PlannedTask[];
  readonly requesters: readonly PlannedRequester[];
  readonly calls: readonly PlannedCall[];
  /** The cancellation of the parent, and the option `drain`. */
  readonly drain: PlannedCall | undefined;
}

export interface Placed {
  readonly stage: number;
  readonly grace: number | undefined;
}

export interface PlannedTask extends Placed {
  /** When it ends by itself. */
  readonly ends: number;
  readonly fails: boolean;
  /** How long it takes to end once it is cancelled; `undefined` for a task that ignores cancellation. */
  readonly cleanup: number | undefined;
  readonly cleanupEnds: "by throwing on" | "by failing" | "by returning";
}

/**
 * A task that calls shutdown with its own scope, ignores cancellation, and runs for a while after it has the report.
 */
interface PlannedRequester extends Placed {
  readonly call: PlannedCall;
  readonly goesOnFor: number;
}

export interface PlannedCall {
  readonly at: number;
  readonly grace: number | undefined;
  readonly timeout: number | undefined;
}

/**
 * Small whole numbers, so that many events meet, each with a different fraction: no two sums of different times are
 * equal.
 * So no two events fall on one moment whose order the model would have to know. All of the numbers are exact in binary.
 */
const time = fc.integer({ min: 0, max: 6 });
const optionalTime = fc.option(time, { nil: undefined });
const placed = {
  stage: fc.constantFrom(0, 0, 1, 7),
  grace: fc.oneof(optionalTime, fc.constantFrom(undefined, -1, Infinity)), // -1 stands for exactly 0
};
const call = fc.record({ at: time, grace: optionalTime, timeout: optionalTime });

export const plan: fc.Arbitrary<Plan> = fc
  .record({
    tasks: fc.array(
      fc.record({
        ...placed,
        ends: fc.oneof(time, fc.constant(Infinity)),
        fails: fc.boolean(),
        cleanup: optionalTime,
        cleanupEnds: fc.constantFrom("by throwing on" as const, "by failing" as const, "by returning" as const),
      }),
      { maxLength: 6 },
    ),
    requesters: fc.array(fc.record({ ...placed, call, goesOnFor: time }), { maxLength: 3 }),
    calls: fc.array(call, { maxLength: 3 }),
    drain: fc.option(call, { nil: undefined }),
    // One call has a time limit, so that everything ends.
    last: fc.record({ at: time, grace: optionalTime, timeout: fc.integer({ min: 4, max: 20 }) }),
  })
  .map(({ last, ...rest }) => withFractions({ ...rest, calls: [...rest.calls, last] }));

function withFractions<T>(value: T): T {
  let state = 1;
  function walk(part: unknown, key: string): unknown {
    if (typeof part === "number" && key !== "stage") {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return part === -1 ? 0 : part + state / 2 ** 32;
    }
    if (Array.isArray(part)) return part.map((member) => walk(member, ""));
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [name, walk(field, name)]));
  }
  return walk(value, "") as T;
}
