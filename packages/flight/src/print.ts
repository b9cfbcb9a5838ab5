import { format } from "@selvage/scope";
import { quoteName } from "@selvage/scope/internal";
import { titleOf } from "./title.js";

/** Prints a failure that no caller receives, if there is no `onError` (F8). It never throws, whatever the error is. */
export function print(error: unknown, key: unknown, owner: string | undefined): void {
  const of = owner === undefined ? "" : ` of ${quoteName(owner)}`;
  console.error(
    `The flight of ${titleOf(key)}${of} failed, and had no caller left:\n${format(error, { color: false })}`,
  );
}
