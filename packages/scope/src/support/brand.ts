/**
 * Marks a class, so that two copies of a package recognise each other's instances (D2). The mark is on the prototype, under a
 * registered symbol. `instanceof` would recognise only the instances of one copy.
 */
export function brand(constructor: { readonly prototype: object }, name: string): void {
  Object.defineProperty(constructor.prototype, Symbol.for(name), { value: true });
}

/** Whether a value has a mark. Never throws, whatever the value. */
export function hasBrand(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && read(value, Symbol.for(name)) === true;
}

/** Reads a property of a foreign object. Returns `undefined` if its getter throws. */
export function read(value: unknown, key: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}
