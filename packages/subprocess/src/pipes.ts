import process from "node:process";
import { Collected, forwardLines } from "./flow.js";
import { Lines } from "./lines.js";
import type { Settings } from "./options.js";
import { processError } from "./process-error.js";
import type { RunningCommand } from "./running-command.js";

type Pipe = "stdout" | "stderr";

/** Keeps what a command writes to a pipe; `undefined` if it has no such pipe. */
export function collect(running: RunningCommand, settings: Settings, name: Pipe): Collected | undefined {
  const source = running.child?.[name];
  if (!source) return undefined;
  return new Collected(source, settings.maxBuffer, (most) => {
    wroteTooMuch(running, settings, `wrote more than ${most} bytes to ${name}`);
  });
}

/** Passes the lines that a command writes on to the output of this process (P3). */
export function passLines(running: RunningCommand, settings: Settings): void {
  const { prefix, maxBuffer } = settings;
  for (const name of ["stdout", "stderr"] as const) {
    const source = running.child?.[name];
    if (!source) continue;
    const lines = new Lines(prefix, maxBuffer, (most) => {
      wroteTooMuch(running, settings, `wrote a line of more than ${most} bytes to ${name}`);
    });
    running.flows.push(forwardLines(source, process[name], lines));
  }
}

function wroteTooMuch(running: RunningCommand, { command }: Settings, what: string): void {
  running.fail(() => processError(what, { command, stderr: running.stderr.toString() }));
}
