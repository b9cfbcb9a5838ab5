import type { Listing } from "./cli.js";
import { printComparison } from "./comparison/index.js";
import type { Program } from "./program.js";
import { programs } from "./programs/index.js";
import { printTable } from "./table/index.js";

const comparison: Program = {
  name: "comparison",
  description: "one workload under each primitive, and under the platform's functions",
  run: ({ out }) => printComparison(out),
};

const table: Program = {
  name: "table",
  description: "what each of them guarantees, found by running it",
  run: ({ out }) => printTable(out),
};

/** Everything that this app can run. */
export const listing: Listing = {
  programs: [comparison, table, ...programs],
  byDefault: [comparison.name, table.name],
};
