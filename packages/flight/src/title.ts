import { quoteName } from "@selvage/scope/internal";

/** What messages call a key. */
export function titleOf(key: unknown): string {
  if (typeof key === "string") return quoteName(key);
  return (typeof key === "object" && key !== null) || typeof key === "function" ? `a key` : String(key);
}
