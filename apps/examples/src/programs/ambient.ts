import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Program, Stage } from "../program.js";
import { request } from "./work/request.js";

/*
 * A request has 100 ms, and needs a query that takes 300. A deeply nested function makes the query (in
 * work/request.ts).
 *
 * Look at: whether the query is cancelled with the request. It is if every function between the two passes a scope
 * on, which Selvage needs by default. With the import of `@selvage/scope/ambient` the enclosing scope is the default
 * parent. The code of the first request then behaves as that of the second.
 *
 * The import affects a whole process and cannot be undone, so it would change the other programs. So it is made in
 * another process.
 */
export const program: Program = {
  name: "ambient",
  description: "a scope passed on by every function, or found by @selvage/scope/ambient",
  async run(stage) {
    await withoutScope(stage);
    await withScope(stage);
    await withAmbientScope(stage);
  },
};

async function withoutScope({ out, clock }: Stage): Promise<void> {
  out("without a scope parameter");
  await request({ out, clock });
}

async function withScope({ out, clock }: Stage): Promise<void> {
  out("every function passes its scope on");
  const passesScopeOn = true;
  await request({ out, clock }, passesScopeOn);
}

/** The built module of the child process. */
const child = fileURLToPath(new URL("../../dist/programs/work/ambient-request.js", import.meta.url));

async function withAmbientScope({ out }: Stage): Promise<void> {
  out("without a scope parameter, but with ambient scopes");
  const { stdout } = await promisify(execFile)(process.execPath, [child]);
  for (const line of stdout.trimEnd().split("\n")) out(line);
}
