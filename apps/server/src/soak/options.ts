import { parseArgs } from "node:util";
import type { SoakOptions } from "./soak.js";

/** What the soak is asked for. */
export interface Options extends SoakOptions {
  readonly minutes: number;
  /** How much the heap may grow, in kB a minute. */
  readonly bound: number;
}

/** Reads the arguments of `pnpm soak`. @throws {RangeError | TypeError} If there is a wrong one. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "10" },
      rate: { type: "string", default: "200" },
      bound: { type: "string", default: "100" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  const positive = (name: "minutes" | "rate" | "bound"): number => {
    const value = Number(values[name]);
    if (value > 0 && value < Infinity) return value;
    throw new RangeError(`--${name} must be a number above 0, got ${values[name]}.`);
  };
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`--seed must be a whole number, got ${values.seed}.`);
  return { minutes: positive("minutes"), rate: positive("rate"), bound: positive("bound"), seed };
}
