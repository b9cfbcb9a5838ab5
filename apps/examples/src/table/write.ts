import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { documents } from "./documents.js";
import { runProbes } from "./run-probes.js";

// Runs the probes, and writes the results into every file that shows the table.
const table = await runProbes();
for (const { file, update } of documents) {
  writeFileSync(file, update(existsSync(file) ? readFileSync(file, "utf8") : "", table));
}
