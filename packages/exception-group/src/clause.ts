import type { ExceptionGroup } from "@selvage/scope";
import { checkFunction } from "@selvage/scope/internal";
import { type Checked, classesOf, type Condition, inherits, type Matched, matcher } from "./condition.js";

/** A condition and its handler. {@link on} makes it for `except` and `exceptAsync`. */
export interface Clause<Asynchronous extends boolean = boolean> {
  /** Never set. With it the compiler knows whether the handler returns a promise, which `except` does not accept. */
  readonly asynchronous?: Asynchronous;
}

/** A clause as the package uses it. */
export interface Handling {
  readonly matches: (error: unknown) => boolean;
  readonly handler: (group: ExceptionGroup) => unknown;
}

/**
 * Makes a clause of {@link except} or {@link exceptAsync}. The handler receives one group of everything that the condition matched.
 *
 * The type of the group follows from the condition: its `errors` have the type of the matched errors. Because nesting is kept, some of them may be
 * groups of such errors. Use {@link leaves} to visit all of them.
 *
 * @throws {TypeError} If `condition` is not a condition, if it is or contains a class of groups (use a plain `catch` for those), or if `handler` is
 * not a function.
 *
 * @example
 * ```ts
 * import { except, ExceptionGroup, leaves, on } from "@selvage/exception-group";
 *
 * const messages: string[] = [];
 * except(
 *   new ExceptionGroup("both", [new TypeError("no such column"), new RangeError("row 7 of 6")]),
 *   on([TypeError, RangeError], (group) => {
 *     for (const error of leaves(group)) messages.push(error.message);
 *   }),
 * );
 * console.assert(messages.join() === "no such column,row 7 of 6");
 * ```
 */
export function on<const C extends Condition, R>(
  condition: C & Checked<C>,
  handler: (group: ExceptionGroup<Matched<C>>) => R,
): Clause<IsPromise<R>> {
  const groups = classesOf(condition)?.find((one) => inherits(one, "AggregateError"));
  if (groups) {
    throw new TypeError(`expected a class of single errors, got ${groups.name}; catch whole groups with a plain catch`);
  }
  checkFunction(handler, "on(condition, handler): the handler");
  const clause: Handling = { matches: matcher(condition), handler: handler as Handling["handler"] };
  return clause as Clause<IsPromise<R>>;
}

type IsPromise<R> = unknown extends R ? false : R extends PromiseLike<unknown> ? true : false;
