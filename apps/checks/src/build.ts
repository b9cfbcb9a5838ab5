import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, workspaces } from "./repository.js";

/** Builds and bundles what is out of date of the published packages, once before the tests; throws with the tool's words if it cannot. */
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
