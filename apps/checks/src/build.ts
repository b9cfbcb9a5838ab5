import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, workspaces } from "./repository.js";

/** Builds and bundles the published packages that are out of date, once before the tests; throws the tool's message if that fails. */
export function setup(): void {
  run("node_modules/typescript-7/bin/tsc", ["-b", "tsconfig.build.json"], root);
  for (const { folder } of workspaces("packages")) {
    run("node_modules/rolldown/bin/cli.mjs", ["--config", "../../rolldown.config.js"], join(root, folder));
  }
}

function run(tool: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, tool), ...args], {
    cwd,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`expected ${tool} to succeed in ${cwd}, got\n${stdout}${stderr}`);
}
