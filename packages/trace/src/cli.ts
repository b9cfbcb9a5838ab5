#!/usr/bin/env node
import process from "node:process";
import { runCommand } from "./command/run-command.js";

// The reader may close the pipe early: `selvage-trace ps 1 | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCommand(process.argv.slice(2));
