import { describeValue } from "@selvage/scope/internal";

/** An error class: a function whose `prototype` is, or inherits from, `Error.prototype`. Its constructor may be private. */
export interface ErrorClass<E extends Error = Error> {
  readonly prototype: E;
}

/**
 * Selects errors: a class (by `instanceof`), an array of classes (any of them), or a predicate.
 *
 * A predicate is called with a group before it is called with its members. A group for which it returns true is taken whole. Classes of another realm
 * work. For a class of another copy of a package, which `instanceof` does not recognise, use a predicate.
 *
 * @example
 * ```ts
 * import { type Condition, ExceptionGroup, subgroup } from "@selvage/exception-group";
 *
 * const busy: Condition = (error) => error instanceof Error && "code" in error && error.code === "EBUSY";
 * const group = new ExceptionGroup("g", [Object.assign(new Error("busy"), { code: "EBUSY" }), new Error("other")]);
 * console.assert(subgroup(group, busy)?.errors.length === 1 && subgroup(group, [RangeError, TypeError]) === null);
 * ```
 */
export type Condition = ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean);

/**
 * Rejects, at compile time, functions that are neither a class nor a predicate, for example an async function. Every function has a `prototype` of
 * type `any`, so without this check it would be accepted as an {@link ErrorClass}.
 */
export type Checked<C> = C extends unknown
  ? 0 extends 1 & PrototypeOf<C>
    ? (error: unknown) => boolean
    : unknown
  : never;

type PrototypeOf<C> = C extends { readonly prototype: infer P } | readonly { readonly prototype: infer P }[]
  ? P
  : never;

/** The type of the errors that a condition selects. */
export type Matched<C> = C extends (error: unknown) => error is infer E
  ? E
  : C extends (error: never) => boolean
    ? unknown
    : C extends ErrorClass
      ? C["prototype"]
      : C extends readonly ErrorClass[]
        ? C[number]["prototype"]
        : unknown;

/** Returns the condition as a predicate of groups and leaves. */
export function matcher(condition: Condition): (error: unknown) => boolean {
  const classes = classesOf(condition);
  return classes
    ? (error) => classes.some((one) => isInstance(error, one))
    : (condition as (error: unknown) => boolean);
}

/** Returns the classes of a condition; `undefined` if it is a predicate. */
export function classesOf(condition: Condition): readonly Constructor[] | undefined {
  if (isErrorClass(condition)) return [condition];
  if (typeof condition === "function") return undefined;
  const classes: unknown[] = Array.isArray(condition) ? [...(condition as unknown[])] : [undefined]; // in the copy, a hole is `undefined`
  if (classes.every(isErrorClass)) return classes;
  throw new TypeError(
    `expected a condition: an error class, an array of error classes, or a predicate; got ${describeValue(condition)}`,
  );
}

/** Whether instances of a class inherit from one called `name`: a built-in class of this realm or another. */
export function inherits({ prototype }: Constructor, name: string): boolean {
  for (let link: unknown = prototype; link; link = Object.getPrototypeOf(link)) {
    if (Object.hasOwn(link, "name") && (link as Error).name === name) return true;
  }
  return false;
}

type Constructor = abstract new (...args: never) => Error;

/** Whether a value is an error class, also of another realm. Such a class would match every error if it were called as a predicate. */
function isErrorClass(value: unknown): value is Constructor {
  return typeof value === "function" && inherits(value as unknown as Constructor, "Error");
}

/** Whether an error is an instance of a class. Never throws. */
function isInstance(error: unknown, constructor: Constructor): boolean {
  try {
    return error instanceof constructor;
  } catch {
    // For example a revoked proxy. An error that cannot be recognised does not match, so that it is not lost.
    return false;
  }
}
