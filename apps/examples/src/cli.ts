import { format } from "@selvage/exception-group";
import type { Program, Stage } from "./program.js";

const usage = `Usage: start [name …]

  start              compares the primitives, then prints the table
  start <name> …     runs one program, or several
  start all          runs everything
  start --list       lists all programs
  start --help       prints this`;

/** The programs, and those that run if no name is given. */
export interface Listing {
  readonly programs: readonly Program[];
  readonly byDefault: readonly string[];
}

/** The output of a command, and the clock of its programs. */
export interface Terminal extends Stage {
  /** Prints a line of an error message. */
  readonly complain: (line: string) => void;
}

/**
 * Runs a command line.
 *
 * @returns The exit code: 0; 1 if a program failed, after which no other runs; 2 if the command line is wrong, and nothing ran.
 */
export async function start(args: readonly string[], listing: Listing, terminal: Terminal): Promise<number> {
  const option = args.find((arg) => arg.startsWith("-"));
  if (option !== undefined) return answer(option, listing, terminal);
  const everything = listing.programs.map(({ name }) => name);
  const names = (args.length > 0 ? args : listing.byDefault).flatMap((name) => (name === "all" ? everything : name));
  const chosen = names.flatMap((name) => find(name, listing, terminal) ?? []);
  if (chosen.length < names.length) {
    terminal.complain('"start --list" lists those there are.');
    return 2;
  }
  for (const [index, program] of chosen.entries()) {
    if (index > 0) terminal.out("");
    if (!(await perform(program, terminal))) return 1;
  }
  return 0;
}

function answer(option: string, { programs }: Listing, { out, complain }: Terminal): number {
  if (option === "--list") {
    const width = Math.max(...programs.map(({ name }) => name.length));
    for (const { name, description } of programs) out(`${name.padEnd(width)}  ${description}`);
    return 0;
  }
  if (option === "--help") {
    out(usage);
    return 0;
  }
  complain(`There is no option "${option}".`);
  complain(usage);
  return 2;
}

function find(name: string, { programs }: Listing, { complain }: Terminal): Program | undefined {
  const program = programs.find((one) => one.name === name);
  if (program === undefined) complain(`There is no program "${name}".`);
  return program;
}

/** Runs a program under a headline; returns whether it succeeded. */
async function perform({ name, description, run }: Program, { out, complain, clock }: Terminal): Promise<boolean> {
  out(`── ${name}: ${description}`);
  try {
    await run({ out, clock });
    return true;
  } catch (error) {
    complain(`${name} failed: ${format(error)}`);
    return false;
  }
}
