import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Table } from "./table.js";

/** The built probes, because another process cannot run the sources. */
const probe = fileURLToPath(new URL("../../dist/table/probe.js", import.meta.url));

/**
 * Runs all probes in a separate process. One of them collects garbage and checks what is left. It needs
 * `--expose-gc`, and a single thread, because a compiler thread in the background keeps objects alive.
 */
export async function runProbes(): Promise<Table> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--single-threaded", probe]);
  return JSON.parse(stdout) as Table;
}
