import { escapeText } from "../error/escape.js";

/** What was got, for the message of a `TypeError`: short, and safe for any value. */
export function describeValue(value: unknown): string {
  if (typeof value === "string")
    return escapeText(JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value));
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

/** Throws the `TypeError` of options that are no object; leaving them out is fine. */
export function checkOptions(options: unknown): void {
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw new TypeError(`The options must be an object, got ${describeValue(options)}.`);
  }
}

/** Throws the `TypeError` of a name that is neither a string nor `undefined`. */
export function checkName(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== "string") {
    throw new TypeError(`${what} must be a string, got ${describeValue(value)}.`);
  }
}

/** Throws the `TypeError` of a callback that is no function. */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== "function") throw new TypeError(`${what} must be a function, got ${describeValue(value)}.`);
}

/** Throws where `fns` is not an array of functions, before any of them is called; returns a copy, for they may change it. */
export function checkFunctions<F>(fns: readonly F[]): readonly F[] {
  if (!Array.isArray(fns)) throw new TypeError(`The tasks must be an array of functions, got ${describeValue(fns)}.`);
  const copy = [...(fns as readonly F[])]; // in which a hole is an `undefined`
  copy.forEach((fn, index) => {
    checkFunction(fn, `Task ${index}`);
  });
  return copy;
}

/** Throws the `TypeError` of a time that is no number: `NaN` is none. */
export function checkTime(value: unknown, what: string): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${what} must be a number of milliseconds, got ${describeValue(value)}.`);
  }
}
