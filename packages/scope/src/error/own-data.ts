/**
 * Returns an own property of a value that is not a getter; otherwise `undefined`. It does not run code of the value, unless the value is a
 * proxy, and never throws.
 */
export function ownData(value: unknown, key: PropertyKey): unknown {
  try {
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  } catch {
    return undefined; // `undefined`, `null`, a proxy that throws
  }
}

/** Returns the `message` of an error, if that is an own data property and a string that is not empty; otherwise `undefined`. */
export function ownMessage(error: unknown): string | undefined {
  if (typeof error !== "object") return undefined;
  const message = ownData(error, "message");
  return typeof message === "string" && message !== "" ? message : undefined;
}
