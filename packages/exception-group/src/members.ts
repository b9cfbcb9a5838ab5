import type { ExceptionGroup } from "@selvage/scope";
import { hasBrand } from "@selvage/scope/internal";
import { membersOf as aggregated } from "@selvage/scope/lowlevel";

/** Whether this is an `ExceptionGroup`, of whichever copy of the package (D2). Never throws. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return hasBrand(value, "@selvage/scope/ExceptionGroup");
}

/** What a group is made of, copied; `undefined` for a leaf, which an aggregate without members is too (E2). Never throws. */
export function membersOf(error: unknown): readonly unknown[] | undefined {
  try {
    const members = aggregated(error);
    return members?.length ? [...members] : undefined;
  } catch {
    // A list that cannot be read: the error is passed on as it is.
    return undefined;
  }
}

/** A property of somebody else's object; `undefined` where its getter throws, or there is no object. */
export function read(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
