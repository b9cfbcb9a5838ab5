import type { ExceptionGroup } from "@selvage/scope";
import { hasBrand } from "@selvage/scope/internal";
import { membersOf as aggregated } from "@selvage/scope/lowlevel";

/** Whether a value is an `ExceptionGroup`, of this or another copy of the package (D2). Never throws. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return hasBrand(value, "@selvage/scope/ExceptionGroup");
}

/** Returns a copy of the members of a group; `undefined` for a leaf. An aggregate without members is a leaf (E2). Never throws. */
export function membersOf(error: unknown): readonly unknown[] | undefined {
  try {
    const members = aggregated(error);
    return members?.length ? [...members] : undefined;
  } catch {
    // The list cannot be read. The error counts as a leaf.
    return undefined;
  }
}

/** Reads a property of a foreign value. Returns `undefined` if its getter throws, or if the value is not an object. */
export function read(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
