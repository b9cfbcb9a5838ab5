import { read } from "./brand.js";

/** The name of a function: what is called in its stead takes it over. It may be anything, or throw: then there is none. */
export function functionName(fn: object): string | undefined {
  const name = read(fn, "name");
  return typeof name === "string" ? name : undefined;
}
