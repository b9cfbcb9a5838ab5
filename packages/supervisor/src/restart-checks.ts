import { describeValue } from "@selvage/scope/internal";

/** The error of a restart option that is of the wrong type. */
export function expected(what: string, kind: string, got: unknown): TypeError {
  return new TypeError(`${what} must be ${kind}, got ${describeValue(got)}.`);
}

/** Checks a number of a restart option. */
export function checkNumber(what: string, value: unknown, least: number): asserts value is number {
  if (typeof value !== "number" || Number.isNaN(value)) throw expected(what, "a number", value);
  if (value < least) throw new RangeError(`${what} must be at least ${least}, got ${value}.`);
}
