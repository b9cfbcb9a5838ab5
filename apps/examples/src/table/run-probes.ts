import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Table } from "./table.js";

/** The probes as they were built: another process can run nothing else. */
const probe = fileURLToPath(new URL("../../dist/table/probe.js", import.meta.url));

/**
 * Runs every probe in a process of its own. One of them collects garbage, and sees what is left: it needs `--expose-gc`, and one
 * thread, as a compiler in the background holds on to whatever it looks at.
 */
export async function runProbes(): Promise<Table> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--single-threaded", probe]);
  return JSON.parse(stdout) as Table;
}
