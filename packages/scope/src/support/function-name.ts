import { read } from "./brand.js";

/** The name of a function, for what is called in its stead to take over. It may be anything, or throw: then there is none. */
export function functionName(fn: object): string {
  const name = read(fn, "name");
  return typeof name === "string" ? name : "";
}
