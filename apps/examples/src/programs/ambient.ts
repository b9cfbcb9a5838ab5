import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Program, Stage } from "../program.js";
import { request } from "./work/request.js";

/*
 * A request has 100 ms, and needs a query that takes 300. The query is made by a function far below (in work/request.ts).
 *
 * Look at: whether the query is cancelled with the request. It is if every function between the two hands down a scope, which is what
 * Selvage asks for by default. With the import of `@selvage/scope/ambient` the enclosing scope is the default parent, and the code
 * of the first request does what that of the second does.
 *
 * The import is for a whole process, and cannot be undone: it would change the other programs. So it is made in another process.
 */
export const program: Program = {
  name: "ambient",
  description: "a scope handed down by every function, or found by @selvage/scope/ambient",
  async run(stage) {
    await withoutScope(stage);
    await withScope(stage);
    await withAmbientScope(stage);
  },
};

async function withoutScope({ out, clock }: Stage): Promise<void> {
  out("nothing is handed down");
  await request({ out, clock });
}

async function withScope({ out, clock }: Stage): Promise<void> {
  out("every function hands down a scope");
  const handsDownItsScope = true;
  await request({ out, clock }, handsDownItsScope);
}

/** The child process, as it was built. */
const child = fileURLToPath(new URL("../../dist/programs/work/ambient-request.js", import.meta.url));

async function withAmbientScope({ out }: Stage): Promise<void> {
  out("nothing is handed down, but ambient scopes are imported");
  const { stdout } = await promisify(execFile)(process.execPath, [child]);
  for (const line of stdout.trimEnd().split("\n")) out(line);
}
