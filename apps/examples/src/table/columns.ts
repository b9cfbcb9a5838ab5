import type { Column, ColumnName } from "./column.js";
import { added } from "./probes/added.js";
import { cleanup } from "./probes/cleanup.js";
import { errors } from "./probes/errors.js";
import { leaving } from "./probes/leaving.js";
import { memory } from "./probes/memory.js";
import { outer } from "./probes/outer.js";
import { results } from "./probes/results.js";
import { shutdown } from "./probes/shutdown.js";
import { siblings } from "./probes/siblings.js";
import { waiting } from "./probes/waiting.js";

/** The columns of the table, in order. */
export const columns: readonly (readonly [name: ColumnName, column: Column])[] = [
  ["cleanup", cleanup],
  ["added", added],
  ["siblings", siblings],
  ["shutdown", shutdown],
  ["results", results],
  ["errors", errors],
  ["waiting", waiting],
  ["outer", outer],
  ["memory", memory],
  ["leaving", leaving],
];
