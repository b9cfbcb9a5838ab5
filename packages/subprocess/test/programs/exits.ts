/** Exits while commands run, and prints the ids of their processes. */
import { CancelScope, startCommand } from "../../src/index.js";

const scope = new CancelScope();
const script = "trap '' TERM; sleep 1000 & echo $$ $!; wait";
const group = startCommand(scope, "sh", ["-c", script]);
const alone = startCommand(scope, "sh", ["-c", "echo $$; exec sleep 1000"], { input: "inherit" });
const pids: string[] = [];
for (const { stdout } of [group, alone]) {
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    pids.push(String(chunk).trim());
    break;
  }
}
process.stdout.write(`${pids.join(" ")}\n`, () => process.exit(7));
