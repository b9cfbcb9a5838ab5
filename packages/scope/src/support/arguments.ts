import type { CancelScopeOptions } from "../cancel-scope.js";
import { escapeText } from "../error/escape.js";

/** Describes a received value for the message of a `TypeError`. The text is short, and no value makes this throw. */
export function describeValue(value: unknown): string {
  if (typeof value === "string")
    return escapeText(JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value));
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol" || typeof value === "bigint") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (isScopeOrSignal(value)) return "throwIfCancelled" in value ? "a CancelScope" : "an AbortSignal";
  return Array.isArray(value) ? "an array" : "an object";
}

/** Throws a `TypeError` unless the options are an object or `undefined`. A scope or a signal is a mistake: as options it would be ignored. */
export function checkOptions(options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || isScopeOrSignal(options)) {
    throw new TypeError(`The options must be an object, got ${describeValue(options)}.`);
  }
}

/**
 * Checks options that may have a `parent`.
 *
 * @throws {TypeError} If a scope or a signal is given in place of the options or under another name, because it would be ignored.
 */
export function checkParentOptions(options: CancelScopeOptions | undefined): void {
  if (typeof options === "object" && (options as unknown) !== null && isScopeOrSignal(options)) {
    throw new TypeError(`The options are ${describeValue(options)}: pass it as { parent: … }.`);
  }
  checkOptions(options);
  if (options === undefined || options.parent !== undefined) return;
  const { scope, signal } = options as { readonly scope?: unknown; readonly signal?: unknown };
  const name = scope !== undefined ? "scope" : signal !== undefined ? "signal" : undefined;
  if (name !== undefined) throw new TypeError(`There is no option "${name}": pass it as { parent: ${name} }.`);
}

function isScopeOrSignal(value: object): boolean {
  try {
    return "throwIfCancelled" in value || "throwIfAborted" in value;
  } catch {
    return false; // a proxy
  }
}

/** Throws a `TypeError` unless a name is a string or `undefined`. */
export function checkName(value: unknown, what: string): void {
  if (value !== undefined && typeof value !== "string") {
    throw new TypeError(`${what} must be a string, got ${describeValue(value)}.`);
  }
}

/** The error of a value that is of the wrong type. */
export function expected(what: string, kind: string, got: unknown): TypeError {
  return new TypeError(`${what} must be ${kind}, got ${describeValue(got)}.`);
}

/** Throws a `TypeError` unless a value is a number other than `NaN`, and a `RangeError` if it is less than `least`. */
export function checkNumber(what: string, value: unknown, least: number): asserts value is number {
  if (typeof value !== "number" || Number.isNaN(value)) throw expected(what, "a number", value);
  if (value < least) throw new RangeError(`${what} must be at least ${least}, got ${value}.`);
}

/** Throws a `TypeError` or a `RangeError` unless a value is a positive integer that can be counted down exactly: at most 2⁵³−1. */
export function checkCount(what: string, value: unknown): asserts value is number {
  if (typeof value !== "number") throw expected(what, "a positive integer", value);
  if (Number.isSafeInteger(value) && value >= 1) return;
  const most = value > Number.MAX_SAFE_INTEGER ? " of at most 2⁵³−1" : "";
  throw new RangeError(`${what} must be a positive integer${most}, got ${value}.`);
}

/** Throws a `TypeError` unless a value is a function. */
export function checkFunction(value: unknown, what: string): void {
  if (typeof value !== "function") throw new TypeError(`${what} must be a function, got ${describeValue(value)}.`);
}

/** Throws a `TypeError` unless `fns` is an array of functions. Returns a copy, because the functions may change the array. */
export function checkFunctions<F>(fns: readonly F[]): readonly F[] {
  if (!Array.isArray(fns)) throw new TypeError(`The tasks must be an array of functions, got ${describeValue(fns)}.`);
  const copy = [...(fns as readonly F[])]; // in the copy, a hole is `undefined`
  copy.forEach((fn, index) => {
    checkFunction(fn, `Task ${index}`);
  });
  return copy;
}

/** Throws a `TypeError` unless a time is a number other than `NaN`. */
export function checkTime(value: unknown, what: string): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${what} must be a number of milliseconds, got ${describeValue(value)}.`);
  }
}
