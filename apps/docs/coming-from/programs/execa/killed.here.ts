import { once } from "node:events";
import { startCommand } from "@selvage/subprocess";
import { CancelScope, isCancellation } from "@selvage/scope";

const scope = new CancelScope();
const script = "sleep 2 & echo $!; wait";
const build = startCommand(scope, "sh", ["-c", script]);
const [pid] = (await once(build.stdout, "data")) as [Buffer];
const start = Date.now();
scope.cancel("the user pressed Ctrl-C");
await build[Symbol.asyncDispose]().catch((error: unknown) => {
  if (!isCancellation(error, scope)) throw error;
});

try {
  process.kill(Number(pid), 0);
} catch {
  console.log("the child has ended, too");
}
console.log("waited for seconds:", Date.now() - start > 1_500);
