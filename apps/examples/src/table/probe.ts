import { probeTable } from "./table.js";

// Runs every probe, and prints what they find, for run-probes.ts to read.
process.stdout.write(JSON.stringify(await probeTable()));
