/** Runs a thousand commands in a row, in each of the ways in which they end, and prints what is left of them. */
import { readdirSync } from "node:fs";
import { CancelScope, ProcessError, runCommand, startCommand } from "../../src/index.js";

const scope = new CancelScope();
const exitListeners = process.listenerCount("exit");

async function run(index: number): Promise<void> {
  switch (index % 5) {
    case 0:
      await runCommand(scope, "true");
      return;
    case 1:
      await runCommand(scope, "false").catch(expectFailure);
      return;
    case 2:
      await runCommand(scope, "no-such-command", [], { input: "text" }).catch(expectFailure);
      return;
    case 3: {
      const own = new CancelScope({ parent: scope });
      await own.run(() => {
        queueMicrotask(() => {
          own.cancel();
        });
        return runCommand(own, "sh", ["-c", "cat >/dev/null"], { input: "text", output: "lines" });
      });
      return;
    }
    default: {
      await using command = startCommand(scope, "cat");
      command.stdin.write("text");
    }
  }
}

function expectFailure(error: unknown): void {
  if (!(error instanceof ProcessError)) throw error;
}

async function left(): Promise<string> {
  await new Promise((resolve) => setImmediate(resolve)); // the handle of a process closes after its exit was reported
  await new Promise((resolve) => setImmediate(resolve));
  const descriptors = readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length;
  const listeners = [process, process.stdout, process.stderr].map((emitter) =>
    emitter.eventNames().map((name) => `${String(name)} ${emitter.listenerCount(name)}`),
  );
  const resources = process.getActiveResourcesInfo().filter((name) => name === "ProcessWrap" || name === "Timeout");
  return JSON.stringify({ descriptors, listeners, resources });
}

for (let index = 0; index < 20; index++) await run(index);
const before = await left();
for (let index = 0; index < 1_000; index++) await run(index);
const after = await left();
scope.close(); // throws if a scope is left below
const isClean = before === after && process.listenerCount("exit") === exitListeners;
console.log(isClean ? "nothing is left" : `${exitListeners}\n${before}\n${after}`);
