import { EXCEPTION_GROUP } from "./aggregate.js";
import { brand } from "../support/brand.js";
import { describeValue } from "../support/arguments.js";

/** `AggregateError` with readonly `errors`. TypeScript does not let a subclass make the mutable property readonly. */
const Aggregate: new (errors: Iterable<unknown>, message?: string, options?: { cause?: unknown }) => AggregateInstance =
  AggregateError;

interface AggregateInstance extends Error {
  readonly errors: readonly unknown[];
}

/**
 * Several errors thrown as one: an `AggregateError` with at least one member, whose `errors` never change.
 *
 * Members keep their identity and their order, and may be groups themselves. Any value can be thrown, so any value can be a member.
 * `@selvage/exception-group` splits groups and handles their members by class, as `except*` does in Python.
 *
 * A subclass that adds fields overrides {@link ExceptionGroup.derive}. Otherwise its groups are split into plain `ExceptionGroup`s.
 *
 * Compare Python's `ExceptionGroup`. Unlike an `AggregateError`, it takes its message first, is never empty and cannot be changed.
 *
 * @typeParam E - The type of the members.
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
    // Writable, as the name of every built-in error is, because subclasses often assign `this.name`.
    Object.defineProperty(this.prototype, "name", { value: "ExceptionGroup", writable: true, configurable: true });
    brand(this, EXCEPTION_GROUP);
  }

  /** The members: a frozen copy of the given errors. */
  declare readonly errors: readonly E[];

  /**
   * The names of the tasks that failed: `tasks[i]` is the name of the task that failed with `errors[i]`. It is `undefined` for the failure of a
   * body, and in groups that were made by hand. Split and merged groups keep the names (E8).
   */
  get tasks(): readonly (string | undefined)[] {
    return new Array<undefined>(this.errors.length).fill(undefined);
  }

  /**
   * Errors of children that were accepted as cancellations only because of their shape, or that `settle` replaced (S15). Only a group that an owner
   * of tasks throws has any.
   */
  get unwound(): readonly unknown[] {
    return [];
  }

  /**
   * @param message - If it is `undefined`, the message is the number of members: "3 errors".
   * @param errors - At least one error. The iterable is read once, at once. An error of its iterator is thrown unchanged.
   * @param options - `cause`: the cause of the whole group. Without this option the group does not have a `cause`.
   * @throws {TypeError} If `message` is neither a string nor `undefined`, or if `errors` is a string, not iterable, or empty.
   */
  constructor(message: string | undefined, errors: Iterable<E>, options?: { cause?: unknown }) {
    if (message !== undefined && typeof message !== "string") {
      throw misuse(
        `a message that is a string or undefined, got ${describeValue(message)}; it comes before the errors`,
      );
    }
    // A string is iterable, but its characters are not errors.
    if (
      typeof errors === "string" ||
      typeof (errors as Partial<Iterable<E>> | null)?.[Symbol.iterator] !== "function"
    ) {
      throw misuse(`an iterable of errors, got ${describeValue(errors)}; for a single error, write [error]`);
    }
    const members = [...errors];
    if (members.length === 0) {
      throw misuse("at least one error, got none; if nothing failed, throw nothing");
    }
    super([], message ?? (members.length === 1 ? "1 error" : `${members.length} errors`), options);
    Object.defineProperty(this, "errors", { value: Object.freeze(members), writable: false, configurable: false });
  }

  /**
   * Returns a group like this one with other members. It is called at every level of a group that is split or merged, with at least one error.
   *
   * The base class returns a plain `ExceptionGroup` with the same `message` and `cause`. Override it in a subclass to keep the class and its
   * fields. If the override does not set the `cause`, the caller adds it.
   *
   * @throws {TypeError} If `errors` is a string, not iterable, or empty.
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
    // The group itself is passed as the options, because the constructor reads only `cause`.
    return new ExceptionGroup(this.message, errors, this);
  }
}

function misuse(expectedAndGot: string): TypeError {
  return new TypeError(`new ExceptionGroup(message, errors) expects ${expectedAndGot}.`);
}
