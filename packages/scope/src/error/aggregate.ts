import { hasBrand } from "../support/brand.js";

/** The brand of `ExceptionGroup`. */
export const EXCEPTION_GROUP = "@selvage/scope/ExceptionGroup";

/**
 * The errors that an error is made of, or `undefined` if it is not a group: any `AggregateError` (also of another realm or another
 * copy of this package) and any `SuppressedError`, which is a group of its `error` and `suppressed` (E2).
 *
 * Never throws: what a hostile object refuses to tell, it does not have.
 */
export function membersOf(error: unknown): readonly unknown[] | undefined {
  try {
    const list = listOf(error);
    return list === undefined ? undefined : copyOf(list);
  } catch {
    return undefined;
  }
}

/** The same, without a copy: the list itself, which may be a proxy. */
export function listOf(error: unknown): readonly unknown[] | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  try {
    const { name, errors } = error as { name?: unknown; errors?: unknown };
    if (name === "SuppressedError" && "error" in error && "suppressed" in error) return [error.error, error.suppressed];
    const isAggregate =
      error instanceof AggregateError || name === "AggregateError" || hasBrand(error, EXCEPTION_GROUP);
    return isAggregate && Array.isArray(errors) ? errors : undefined;
  } catch {
    return undefined;
  }
}

/** More members than any group has, unless a proxy says that it has more. */
const MOST_MEMBERS = 4_000_000;

/** By index, up to the length it has now: its iterator may never end, and its length may grow. */
function copyOf(errors: readonly unknown[]): unknown[] | undefined {
  const { length } = errors;
  if (length > MOST_MEMBERS) return undefined;
  const copy: unknown[] = [];
  for (let index = 0; index < length; index++) copy.push(errors[index]);
  return copy;
}
