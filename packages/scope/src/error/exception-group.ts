import { EXCEPTION_GROUP } from "./aggregate.js";
import { brand } from "../support/brand.js";
import { describeValue } from "../support/arguments.js";

/** `AggregateError` as it is extended here: TypeScript lets no subclass make its mutable `errors` readonly. */
const Aggregate: new (errors: Iterable<unknown>, message?: string, options?: { cause?: unknown }) => AggregateInstance =
  AggregateError;

interface AggregateInstance extends Error {
  readonly errors: readonly unknown[];
}

/**
 * Several errors thrown as one: an `AggregateError` with at least one member, whose `errors` never change.
 *
 * Members keep their identity and their order, and may be groups themselves; as anything can be thrown, anything can be a member.
 * `@selvage/exception-group` takes groups apart and handles their members by kind, as `except*` does in Python.
 *
 * A subclass with fields of its own overrides {@link ExceptionGroup.derive}; otherwise the parts of its groups are plain
 * `ExceptionGroup`s.
 *
 * Kin: Python's `ExceptionGroup`; unlike `AggregateError` it takes its message first, is never empty and cannot be changed.
 *
 * @typeParam E - What the members are known to be.
 *
 * @example
 * ```ts
 * import { ExceptionGroup } from "@selvage/scope";
 *
 * const group = new ExceptionGroup("two things went wrong", [new TypeError("wrong type"), "thrown text"]);
 * console.assert(group instanceof AggregateError && group.errors.length === 2);
 * ```
 */
export class ExceptionGroup<E = unknown> extends Aggregate {
  static {
    // Writable, as it is for every built-in error: `this.name = …` in a subclass is common.
    Object.defineProperty(this.prototype, "name", { value: "ExceptionGroup", writable: true, configurable: true });
    brand(this, EXCEPTION_GROUP);
  }

  /** The members: a frozen copy of the errors given. */
  declare readonly errors: readonly E[];

  /**
   * As long as `errors`: the name of the task whose failure `errors[i]` is. `undefined` for the failure of a body, and in groups
   * made by hand. Split and merged groups keep the names (E8).
   */
  get tasks(): readonly (string | undefined)[] {
    return new Array<undefined>(this.errors.length).fill(undefined);
  }

  /**
   * In a group that an owner of tasks throws: the errors of its children that were accepted as cancellations only for their
   * shape, so that nothing is lost (S15). Otherwise empty.
   */
  get unwound(): readonly unknown[] {
    return [];
  }

  /**
   * @param message - `undefined` counts the members: "3 errors".
   * @param errors - At least one; iterated once, at once. What its iterator throws is passed on.
   * @param options - `cause`: what led to all of it. Without the option the group has no `cause`.
   * @throws {TypeError} Where `message` is neither a string nor `undefined`, or `errors` is a string, not iterable, or empty.
   */
  constructor(message: string | undefined, errors: Iterable<E>, options?: { cause?: unknown }) {
    if (message !== undefined && typeof message !== "string") {
      throw misuse(
        `a message that is a string or undefined, got ${describeValue(message)}; it comes before the errors`,
      );
    }
    // A string is iterable, but its characters are nobody's errors.
    if (
      typeof errors === "string" ||
      typeof (errors as Partial<Iterable<E>> | null)?.[Symbol.iterator] !== "function"
    ) {
      throw misuse(`an iterable of errors, got ${describeValue(errors)}; for a single error, write [error]`);
    }
    const members = [...errors];
    if (members.length === 0) {
      throw misuse("at least one error, got none; where nothing failed, throw nothing");
    }
    super([], message ?? (members.length === 1 ? "1 error" : `${members.length} errors`), options);
    Object.defineProperty(this, "errors", { value: Object.freeze(members), writable: false, configurable: false });
  }

  /**
   * A group like this one with other members. Called at every level of a group that is split or merged, with at least one error.
   *
   * This one makes a plain `ExceptionGroup` of the same `message` and `cause`. Override it in a subclass to keep the class and
   * its fields; a `cause` that the override leaves out is added by the caller.
   *
   * @throws {TypeError} As the constructor does.
   *
   * @example
   * ```ts
   * import { ExceptionGroup } from "@selvage/scope";
   *
   * class HttpErrors extends ExceptionGroup {
   *   status = 500;
   *
   *   override derive(errors: Iterable<unknown>): HttpErrors {
   *     return Object.assign(new HttpErrors(this.message, errors), { status: this.status });
   *   }
   * }
   * const upstream = Object.assign(new HttpErrors("upstream", [new Error("refused")]), { status: 502 });
   * console.assert(upstream.derive([new Error("other")]).status === 502);
   * ```
   */
  derive(errors: Iterable<unknown>): ExceptionGroup {
    // An error that has a `cause` is what the constructor looks for in its options.
    return new ExceptionGroup(this.message, errors, this);
  }
}

function misuse(expectedAndGot: string): TypeError {
  return new TypeError(`new ExceptionGroup(message, errors) expects ${expectedAndGot}.`);
}
