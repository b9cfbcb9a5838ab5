import { probeTable } from "./table.js";

// Runs every probe, and prints the results, which run-probes.ts reads.
process.stdout.write(JSON.stringify(await probeTable()));
