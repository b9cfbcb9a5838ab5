import { read } from "./brand.js";

/** Returns the name of a function; empty if it is not a string or its getter throws. A wrapper uses it to keep the function's name. */
export function functionName(fn: object): string {
  const name = read(fn, "name");
  return typeof name === "string" ? name : "";
}
