import { escapeText } from "./escape.js";
import { ownData } from "./own-data.js";

/** A larger bigint is not printed, because converting it to decimal takes more than linear time. */
const biggest = (): bigint => BigInt(`1${"0".repeat(100)}`);

/** How many keys of one object are read. */
const MOST_KEYS = 1_000;

/** How many keys of objects may still be listed. JavaScript lists all keys of an object at once, even if only a few are printed. */
export interface KeyBudget {
  left: number;
}

/**
 * Prints a value that is not an error, in at most `most` characters. For an object it prints the own primitive data. A nested object is printed as
 * `…`, because it may contain anything, such as the environment. It does not call methods of the value, unless the value is a proxy.
 */
export function printValue(value: unknown, most: number, keys: KeyBudget): string {
  try {
    return escapeText(isPrimitive(value) ? printPrimitive(value, most) : printObject(value, most, keys), most);
  } catch {
    return `[${typeof value} that cannot be printed]`; // a revoked proxy, or one that throws
  }
}

/** Whether a value is neither an object nor a function. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

/** Prints a primitive value in about `most` characters. */
export function printPrimitive(value: unknown, most: number): string {
  if (typeof value === "string") return `"${escapeText(value, most - 2).replaceAll('"', '\\"')}"`;
  if (typeof value === "bigint" && (value > biggest() || value < -biggest())) return "[a long bigint]";
  // Truncated first, because printing a long text takes time linear in its length.
  if (typeof value === "symbol") return `Symbol(${(value.description ?? "").slice(0, most)})`;
  return String(value);
}

function printObject(value: unknown, most: number, keys: KeyBudget): string {
  if (typeof value === "function") return `[function ${nameOf(value, most)}]`;
  const name = nameOf(ownData(Object.getPrototypeOf(value), "constructor"), most) || "Object";
  if (ArrayBuffer.isView(value)) return `[${name}]`;
  const length = ownData(value, "length");
  // By index, because an array may have millions of keys.
  if (typeof length === "number") return `${name === "Array" ? "" : name}[${printItems(value, length, most)}]`;
  return `${name === "Object" ? "" : `${name} `}{${printProperties(value as object, () => true, most, keys)}}`;
}

/** Returns the name of a function or class if it is a data property; otherwise an empty string. */
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

/** Prints the own enumerable data of an object in one line of about `most` characters. */
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
