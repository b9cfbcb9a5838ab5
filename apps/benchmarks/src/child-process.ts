import { execFile, type ExecFileException } from "node:child_process";
import { performance } from "node:perf_hooks";
import type { Figure } from "./figure.js";

/** How a process ended that should print a figure. */
export type Outcome = {
  /** How long it took, in milliseconds. */
  readonly elapsed: number;
} & ({ readonly figure: Figure } | { readonly failure: string });

/** Starts a process, and waits for the figure that it prints as JSON; kills the process if it takes longer than `atMost` ms. */
export function figureOf(command: string, args: readonly string[], atMost: number): Promise<Outcome> {
  const started = performance.now();
  // Options that this process inherited must not change what is measured.
  const env = { ...process.env, NODE_OPTIONS: "" };
  const options = { timeout: atMost, killSignal: "SIGKILL", env } as const;
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const elapsed = performance.now() - started;
      if (error === null) resolve({ elapsed, figure: JSON.parse(stdout) as Figure });
      else resolve({ elapsed, failure: reasonOf(error, stderr, atMost) });
    });
  });
}

function reasonOf(error: ExecFileException, stderr: string, atMost: number): string {
  if (error.killed === true) return `took more than ${atMost / 1_000} s`;
  const line = /^\w*Error\b.*$/m.exec(stderr)?.[0];
  if (line !== undefined) return line;
  if (stderr.includes("heap out of memory")) return "ran out of memory";
  return error.code === "ENOENT" ? "is not there" : `ended with ${error.signal ?? `code ${error.code ?? "?"}`}`;
}
