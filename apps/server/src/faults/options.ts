import { parseArgs } from "node:util";

/** What the fault runs are asked for. */
export interface Options {
  /** Only the scenarios whose names contain this. */
  readonly only: string;
  readonly seed: number;
  /** The part of the events that is sent. */
  readonly scale: number;
  /** Whether the table is written. */
  readonly writes: boolean;
}

/** The part of the events that `--slice` sends. */
const SLICE = 0.05;

/** Reads the arguments of `pnpm faults`. @throws {RangeError | TypeError} If there is a wrong one. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      slice: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  const { only, slice, write } = values;
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`--seed must be a whole number, got ${values.seed}.`);
  if (write && (slice || only !== "")) throw new RangeError("--write needs a full run: leave --slice and --only out.");
  return { only, seed, scale: slice ? SLICE : 1, writes: write };
}
