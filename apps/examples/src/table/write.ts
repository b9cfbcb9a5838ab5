import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { documents } from "./documents.js";
import { probeTable } from "./table.js";

// Runs the probes, and writes what they find into every file that shows the table.
const table = await probeTable();
for (const { file, update } of documents) {
  writeFileSync(file, update(existsSync(file) ? readFileSync(file, "utf8") : "", table));
}
