import { escapeText } from "./escape.js";
import { ownData } from "./own-data.js";

/** A longer bigint is not printed: to write it in decimal takes more than linear time. */
const biggest = (): bigint => BigInt(`1${"0".repeat(100)}`);

/**
 * A value that is not an error, at most `most` characters long. Of an object, its own primitive data: a nested object is `…`, as it
 * may hold anything, such as the environment. Calls no method of the value, unless it is a proxy.
 */
export function printValue(value: unknown, most: number): string {
  try {
    return escapeText(isPrimitive(value) ? printPrimitive(value, most) : printObject(value, most), most);
  } catch {
    return `[${typeof value} that cannot be printed]`; // a revoked proxy, or one that throws
  }
}

/** Whether a value has nothing in it. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

function printPrimitive(value: unknown, most: number): string {
  if (typeof value === "string") return `"${escapeText(value, most - 2).replaceAll('"', '\\"')}"`;
  if (typeof value === "bigint" && (value > biggest() || value < -biggest())) return "[a long bigint]";
  return String(value);
}

function printObject(value: unknown, most: number): string {
  if (typeof value === "function") return `[function ${String(ownData(value, "name"))}]`;
  const name = className(value);
  if (ArrayBuffer.isView(value)) return `[${name}]`;
  const length = ownData(value, "length");
  // By index: an array may have millions of keys.
  if (typeof length === "number") return `${name === "Array" ? "" : name}[${printItems(value, length, most)}]`;
  return `${name === "Object" ? "" : `${name} `}{${printProperties(value as object, () => true, most)}}`;
}

/** The name of the class, as far as it is plain data. */
function className(value: unknown): string {
  const constructor = ownData(Object.getPrototypeOf(value), "constructor");
  const name = typeof constructor === "function" ? ownData(constructor, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "Object";
}

function printItems(value: unknown, length: number, most: number): string {
  const items: string[] = [];
  let size = 0;
  for (let index = 0; index < length && size <= most; index++) {
    const item = ownData(value, index);
    items.push(isPrimitive(item) ? printValue(item, most) : "…");
    size += items.at(-1)!.length + 2;
  }
  return items.join(", ");
}

/** The own enumerable data of an object in a line: up to `most` characters, and a little more. */
export function printProperties(
  object: object,
  isWanted: (key: string, value: unknown) => boolean,
  most: number,
): string {
  const items: string[] = [];
  let size = 0;
  for (const key of Object.keys(object)) {
    if (size > most) break;
    const value = ownData(object, key);
    if (value === undefined || !isWanted(key, value)) continue;
    items.push(`${escapeText(key, 100)}: ${isPrimitive(value) ? printValue(value, most) : "…"}`);
    size += items.at(-1)!.length + 2;
  }
  return items.length === 0 ? "" : ` ${items.join(", ")} `;
}
