import { ExceptionGroup } from "@selvage/scope";
import { describeValue, setContext } from "@selvage/scope/internal";
import type { Clause, Handling } from "./clause.js";
import { asGroup, partition } from "./partition.js";
import { leavesOf, type Position, readTree } from "./tree.js";

/**
 * Handles the errors in a group by class, as `except*` does in Python. Call it in a `catch`.
 *
 * The clauses are tried in order. Each leaf goes to the first clause that matches it. The handler of a clause is called once, with one group of
 * everything that the clause matched, or not at all if it matched nothing. Afterwards, the errors that no clause matched are thrown. Both groups keep
 * their nesting. If everything was handled, nothing is thrown.
 *
 * A handler that throws does not stop later clauses. If a handler throws the very group that it received, its errors count as unmatched again, each
 * at its place. New errors are thrown together with the unmatched ones, in one `ExceptionGroup` with the message "errors while handling a group". A
 * single new error without unmatched ones is thrown as itself. A new error gets the handler's group as its `cause`, so that the handled errors are
 * not lost, unless it has its own `cause`, is a group or a `CancelledError`, or occurs in that group. If a predicate or `derive` throws, that
 * counts as a handler that threw, in a clause that matched nothing.
 *
 * An error that is not a group is handled as a group of one. It is thrown as itself if no clause matches it, or if the handler throws that group. If
 * nothing was handled, `error` itself is thrown.
 *
 * @throws The errors that were not handled, and the errors that handlers threw.
 * @throws {TypeError} If a clause was not made by {@link on}; its `cause` is `error`. A handler that returns a promise counts as one that threw a
 * `TypeError` whose `cause` is its group: use {@link exceptAsync}.
 *
 * @example
 * ```ts
 * import { except, ExceptionGroup, on } from "@selvage/exception-group";
 *
 * try {
 *   throw new ExceptionGroup("both", [new TypeError("no such column"), new RangeError("row 7 of 6")]);
 * } catch (error) {
 *   except(
 *     error,
 *     on(TypeError, (group) => console.assert(group.errors[0]?.message === "no such column")),
 *     on(RangeError, (group) => console.assert(group.errors.length === 1)),
 *   );
 * }
 * ```
 */
export function except(error: unknown, ...clauses: readonly Clause<false>[]): void {
  const offers = handle(error, handlings(error, clauses));
  for (let offer = offers.next(); !offer.done;) {
    const { group, handler } = offer.value;
    let failure: Failure | undefined;
    try {
      if (isPromiseLike(handler(group))) {
        throw new TypeError(
          "expected a handler that returns at once, got one that returns a promise; use exceptAsync",
          {
            cause: group,
          },
        );
      }
    } catch (thrown) {
      failure = { thrown };
    }
    offer = offers.next(failure);
  }
}

/**
 * The same as {@link except}, with handlers that may be asynchronous. Each handler is awaited before the next clause is tried.
 *
 * **Cancellation**: this function cannot be cancelled. A handler that is cancelled counts as one that failed, and later clauses still run.
 *
 * @returns A promise that rejects with what `except` would throw.
 * @throws {TypeError} Synchronously, if a clause was not made by {@link on}; its `cause` is `error`.
 *
 * @example
 * ```ts
 * import { exceptAsync, ExceptionGroup, on } from "@selvage/exception-group";
 *
 * const log = async (text: string): Promise<void> => console.assert(text === "no such column");
 * await exceptAsync(
 *   new ExceptionGroup("one", [new TypeError("no such column")]),
 *   on(TypeError, async (group) => {
 *     for (const error of group.errors) await log(error.message);
 *   }),
 * );
 * ```
 */
export function exceptAsync(error: unknown, ...clauses: readonly Clause[]): Promise<void> {
  return run(handle(error, handlings(error, clauses)));
}

async function run(offers: Offers): Promise<void> {
  for (let offer = offers.next(); !offer.done;) {
    const { group, handler } = offer.value;
    let failure: Failure | undefined;
    try {
      await handler(group);
    } catch (thrown) {
      failure = { thrown };
    }
    offer = offers.next(failure);
  }
}

/** The group that a clause matched, and the handler to call with it. */
interface Offer {
  readonly group: ExceptionGroup;
  readonly handler: (group: ExceptionGroup) => unknown;
}

/** The error that a handler threw. */
interface Failure {
  readonly thrown: unknown;
}

type Offers = Generator<Offer, void, Failure | undefined>;

/** Yields the group of each clause, receives the error of its handler if it threw, and finally throws what is left (E4, E5). */
function* handle(error: unknown, clauses: readonly Handling[]): Offers {
  const root = readTree(error);
  const handled = new Set<Position>();
  const failures: unknown[] = [];
  let rest: Position | undefined = root;
  let putBack = false;
  for (const { matches, handler } of clauses) {
    if (!rest) break;
    let match: Position;
    let group: ExceptionGroup;
    try {
      const halves = partition(rest, (position) => matches(position.error), true);
      if (!halves[0]) continue;
      match = halves[0];
      group = asGroup(match);
      rest = halves[1];
    } catch (thrown) {
      failures.push(thrown);
      continue;
    }
    const failure = yield { group, handler };
    if (failure?.thrown === group) {
      putBack = true;
      continue;
    }
    if (failure) {
      setContext(failure.thrown, group);
      failures.push(failure.thrown);
    }
    for (const leaf of leavesOf(match)) handled.add(leaf);
  }
  let left: Position | undefined = root;
  try {
    if (handled.size > 0) left = putBack ? without(root, handled) : rest;
  } catch (thrown) {
    // A `derive` failed. All errors are thrown again, so that none of them is lost.
    failures.push(thrown);
  }
  if (left) failures.unshift(left.error);
  if (failures.length > 0) {
    throw failures.length === 1 ? failures[0] : new ExceptionGroup("errors while handling a group", failures);
  }
}

/** Returns a tree without some of its leaves. The rest keeps its shape. */
function without(root: Position, leaves: ReadonlySet<Position>): Position | undefined {
  return partition(root, (position) => !position.members && !leaves.has(position), false)[0];
}

/** Checks the clauses. */
function handlings(error: unknown, clauses: readonly unknown[]): readonly Handling[] {
  if (clauses.every(isHandling)) return clauses;
  const other = clauses.find((clause) => !isHandling(clause));
  throw new TypeError(`expected clauses made by on(condition, handler), got ${describeValue(other)}`, { cause: error });
}

function isHandling(clause: unknown): clause is Handling {
  return typeof (clause as Partial<Handling> | null)?.matches === "function";
}

function isPromiseLike(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
