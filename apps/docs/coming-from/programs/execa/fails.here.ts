import { CancelScope } from "@selvage/scope";
import { ProcessError, runCommand } from "@selvage/subprocess";

try {
  await CancelScope.run((scope) =>
    runCommand(scope, "ls", ["/no such folder"], {
      env: { ...process.env, LC_ALL: "C" },
    }),
  );
} catch (error) {
  if (!(error instanceof ProcessError)) throw error;
  console.log(error.code, error.stderr.trim());
}
