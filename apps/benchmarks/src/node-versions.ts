import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `pnpm conformance` installs runtimes. */
const runtimes = fileURLToPath(new URL("../../conformance/node_modules/.cache/runtimes", import.meta.url));

/**
 * The Node that the command line names: by its path, or by its major version, which `pnpm conformance` has installed.
 *
 * @throws {Error} If that version is not installed.
 */
export function findNode(named: string): string {
  if (!/^\d+$/.test(named)) return named;
  if (process.versions.node.split(".")[0] === named) return process.execPath;
  const folders = existsSync(runtimes) ? readdirSync(runtimes) : [];
  const folder = folders.find((name) => new RegExp(`^node-.*-${named}\\.\\d+\\.\\d+$`).test(name));
  if (folder === undefined) {
    throw new Error(
      `expected Node ${named} where pnpm conformance installs it: run that, or give the path of a binary`,
    );
  }
  return join(runtimes, folder, "node_modules/.bin/node");
}
