import { paintFor } from "../comparison/paint.js";
import { runProbes } from "./run-probes.js";
import { renderText } from "./text.js";

export { renderDocument, renderTable } from "./markdown.js";

/** Runs the probes, and prints their results. */
export async function printTable(out: (line: string) => void): Promise<void> {
  for (const line of renderText(await runProbes(), paintFor(process.env, process.stdout.isTTY))) out(line);
}
