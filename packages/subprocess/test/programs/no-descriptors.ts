/** Starts commands while all file descriptors are in use. */
import { closeSync, openSync } from "node:fs";
import { CancelScope, type ProcessError, runCommand, startCommand } from "../../src/index.js";

using scope = new CancelScope();
const open: number[] = [];
const errors: unknown[] = [];
try {
  for (;;) open.push(openSync("/dev/null", "r"));
} catch {
  const running = runCommand(scope, "true", [], { input: "text" }).catch((error: unknown) => errors.push(error));
  const command = startCommand(scope, "true");
  const ended = command.wait(scope).catch((error: unknown) => errors.push(error));
  await Promise.all([running, ended]);
  await command[Symbol.asyncDispose]();
}
for (const fd of open) closeSync(fd);
for (const error of errors) {
  console.log((error as ProcessError).name, ((error as ProcessError).cause as NodeJS.ErrnoException).code);
}
