import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./repository.js";

/** Builds what is out of date of the published packages, once before the tests; throws with the compiler's words if it cannot. */
export function setup(): void {
  const compiler = join(root, "node_modules/typescript-7/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-b", "tsconfig.build.json"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`expected the sources to compile, got\n${stdout}`);
}
