import { hasBrand } from "../support/brand.js";

/** The brand of `ExceptionGroup`. */
export const EXCEPTION_GROUP = "@selvage/scope/ExceptionGroup";

/**
 * Returns the members of an error, or `undefined` if it is not a group. A group is any `AggregateError` (also from another realm or another
 * copy of this package) and any `SuppressedError`, whose members are its `error` and `suppressed` (E2).
 *
 * Never throws. A property whose getter throws counts as missing.
 */
export function membersOf(error: unknown): readonly unknown[] | undefined {
  try {
    const list = listOf(error);
    return list === undefined ? undefined : copyOf(list);
  } catch {
    return undefined;
  }
}

/** Returns the list of members itself, without a copy. It may be a proxy. Otherwise the same as {@link membersOf}. */
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

/** The most members that are copied. Only a proxy claims to have more. */
const MOST_MEMBERS = 4_000_000;

/** Copies by index, up to the present length, because the list's iterator may never end and its length may grow. */
function copyOf(errors: readonly unknown[]): unknown[] | undefined {
  const { length } = errors;
  if (length > MOST_MEMBERS) return undefined;
  const copy: unknown[] = [];
  for (let index = 0; index < length; index++) copy.push(errors[index]);
  return copy;
}
