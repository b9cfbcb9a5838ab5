/**
 * A property of a value that is the value's own and not a getter; otherwise `undefined`. Runs no code of the value, unless it is a
 * proxy, and never throws.
 */
export function ownData(value: unknown, key: PropertyKey): unknown {
  try {
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  } catch {
    return undefined; // `undefined`, `null`, a proxy that throws
  }
}

/** The `message` of an error, if it is the error's own data and a text that is not empty. */
export function ownMessage(error: unknown): string | undefined {
  if (typeof error !== "object") return undefined;
  const message = ownData(error, "message");
  return typeof message === "string" && message !== "" ? message : undefined;
}
