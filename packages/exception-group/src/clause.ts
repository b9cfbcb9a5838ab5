import type { ExceptionGroup } from "@selvage/scope";
import { checkFunction } from "@selvage/scope/internal";
import { type Checked, classesOf, type Condition, inherits, type Matched, matcher } from "./condition.js";

/** A condition and its handler, made by {@link on} for `except` and `exceptAsync`. */
export interface Clause<Asynchronous extends boolean = boolean> {
  /** Never there: it tells the compiler whether the handler returns a promise, which `except` does not take. */
  readonly asynchronous?: Asynchronous;
}

/** What a clause is inside the package. */
export interface Handling {
  readonly matches: (error: unknown) => boolean;
  readonly handler: (group: ExceptionGroup) => unknown;
}

/**
 * A clause of {@link except} or {@link exceptAsync}: the handler receives one group of all that the condition matched.
 *
 * The handler's group is typed by the condition. Its `errors` are typed as the errors that matched; as nesting is kept, some may
 * be groups of those, which {@link leaves} goes through.
 *
 * @throws {TypeError} Where `condition` is none, where it is or contains a class of groups (which a plain `catch` is for), or if `handler`
 * is not a function.
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
