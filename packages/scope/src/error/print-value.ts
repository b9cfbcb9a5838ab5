import { escapeText } from "./escape.js";
import { ownData } from "./own-data.js";

/** A longer bigint is not printed: to write it in decimal takes more than linear time. */
const biggest = (): bigint => BigInt(`1${"0".repeat(100)}`);

/** How many keys of one object are looked at. */
const MOST_KEYS = 1_000;

/** How many keys of objects may still be listed: all keys of an object are listed at once, however few of them are printed. */
export interface KeyBudget {
  left: number;
}

/**
 * A value that is not an error, at most `most` characters long. Of an object, its own primitive data: a nested object is `…`, as it
 * may hold anything, such as the environment. Calls no method of the value, unless it is a proxy.
 */
export function printValue(value: unknown, most: number, keys: KeyBudget): string {
  try {
    return escapeText(isPrimitive(value) ? printPrimitive(value, most) : printObject(value, most, keys), most);
  } catch {
    return `[${typeof value} that cannot be printed]`; // a revoked proxy, or one that throws
  }
}

/** Whether a value has nothing in it. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

/** A primitive value, at most `most` characters long or a little more. */
export function printPrimitive(value: unknown, most: number): string {
  if (typeof value === "string") return `"${escapeText(value, most - 2).replaceAll('"', '\\"')}"`;
  if (typeof value === "bigint" && (value > biggest() || value < -biggest())) return "[a long bigint]";
  // Cut first: to print a long text takes as long as it is.
  if (typeof value === "symbol") return `Symbol(${(value.description ?? "").slice(0, most)})`;
  return String(value);
}

function printObject(value: unknown, most: number, keys: KeyBudget): string {
  if (typeof value === "function") return `[function ${nameOf(value, most)}]`;
  const name = nameOf(ownData(Object.getPrototypeOf(value), "constructor"), most) || "Object";
  if (ArrayBuffer.isView(value)) return `[${name}]`;
  const length = ownData(value, "length");
  // By index: an array may have millions of keys.
  if (typeof length === "number") return `${name === "Array" ? "" : name}[${printItems(value, length, most)}]`;
  return `${name === "Object" ? "" : `${name} `}{${printProperties(value as object, () => true, most, keys)}}`;
}

/** The name of a function or class, as far as it is plain data; otherwise empty. */
function nameOf(fn: unknown, most: number): string {
  const name = typeof fn === "function" ? ownData(fn, "name") : undefined;
  return typeof name === "string" ? name.slice(0, most) : "";
}

function printItems(value: unknown, length: number, most: number): string {
  const items: string[] = [];
  let size = 0;
  for (let index = 0; index < length && size <= most; index++) {
    items.push(printPart(ownData(value, index), most));
    size += items.at(-1)!.length + 2;
  }
  return items.join(", ");
}

/** The own enumerable data of an object in a line: up to `most` characters, and a little more. */
export function printProperties(
  object: object,
  isWanted: (key: string, value: unknown) => boolean,
  most: number,
  keys: KeyBudget,
): string {
  if (keys.left <= 0) return " … ";
  const names = Object.keys(object);
  keys.left -= names.length;
  const items: string[] = [];
  let size = 0;
  for (const key of names.slice(0, MOST_KEYS)) {
    if (size > most) break;
    const value = ownData(object, key);
    if (value === undefined || !isWanted(key, value)) continue;
    items.push(`${escapeText(key, 100)}: ${printPart(value, most)}`);
    size += items.at(-1)!.length + 2;
  }
  if (names.length > MOST_KEYS) items.push("…");
  return items.length === 0 ? "" : ` ${items.join(", ")} `;
}

function printPart(value: unknown, most: number): string {
  return isPrimitive(value) ? escapeText(printPrimitive(value, most), most) : "…";
}
