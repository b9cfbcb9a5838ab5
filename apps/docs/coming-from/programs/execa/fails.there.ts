import { execa, ExecaError } from "execa";

try {
  await execa("ls", ["/no such folder"], { env: { LC_ALL: "C" } });
} catch (error) {
  if (!(error instanceof ExecaError)) throw error;
  console.log(error.exitCode, error.stderr);
}
