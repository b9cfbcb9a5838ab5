import type { ExceptionGroup } from "@selvage/scope";
import { hasBrand } from "@selvage/scope/internal";

/** Whether a value is an `ExceptionGroup`, of this or another copy of the package (D2). Never throws. */
export function isExceptionGroup(value: unknown): value is ExceptionGroup {
  return hasBrand(value, "@selvage/scope/ExceptionGroup");
}
