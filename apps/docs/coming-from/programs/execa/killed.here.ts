import { CancelScope, now } from "@selvage/scope";
import { runCommand } from "@selvage/subprocess";

const script = "(sleep 1; echo the child still runs) & wait";
await CancelScope.run(
  (scope) => runCommand(scope, "sh", ["-c", script], { output: "inherit" }),
  {
    deadline: now() + 100,
  },
);
console.log("cancelled, and nothing is left");
