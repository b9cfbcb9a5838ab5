import { format } from "@selvage/exception-group";
import type { Program, Stage } from "./program.js";
import { programs } from "./programs/index.js";

const usage = `Usage: start [name …]

  start              everything
  start <name> …     one program, or several
  start --list       what there is
  start --help       this`;

/** Everything that has a name. */
const everything: readonly Program[] = programs;

/** What `start` shows when it is not told what. */
const byDefault: readonly string[] = everything.map(({ name }) => name);

/** Where a command writes to, and where its programs take the time from. */
export interface Terminal extends Stage {
  /** Prints a line of complaint. */
  readonly complain: (line: string) => void;
}

/**
 * Does what the command line says.
 *
 * @returns The exit code: 0, 1 where a program failed, 2 where the command line is wrong; then nothing has run.
 */
export async function start(args: readonly string[], terminal: Terminal): Promise<number> {
  const { out, complain } = terminal;
  const [option] = args.filter((arg) => arg.startsWith("-"));
  if (option !== undefined) return answer(option, terminal);
  const names = args.includes("all") ? everything.map(({ name }) => name) : args.length > 0 ? args : byDefault;
  const unknown = names.filter((name) => find(name) === undefined);
  if (unknown.length > 0) {
    for (const name of unknown) complain(`There is no program "${name}".`);
    complain('"start --list" lists those there are.');
    return 2;
  }
  for (const [index, name] of names.entries()) {
    if (index > 0) out("");
    if (!(await perform(find(name)!, terminal))) return 1;
  }
  return 0;
}

function answer(option: string, { out, complain }: Terminal): number {
  if (option === "--list" || option === "-l") {
    const width = Math.max(...everything.map(({ name }) => name.length));
    for (const { name, description } of everything) out(`${name.padEnd(width)}  ${description}`);
    return 0;
  }
  if (option === "--help" || option === "-h") {
    out(usage);
    return 0;
  }
  complain(`There is no option "${option}".`);
  complain(usage);
  return 2;
}

function find(name: string): Program | undefined {
  return everything.find((program) => program.name === name);
}

/** Runs a program under a headline; says whether it came to its end. */
async function perform(program: Program, { out, complain, clock }: Terminal): Promise<boolean> {
  out(`── ${program.name}: ${program.description}`);
  try {
    await program.run({ out, clock });
    return true;
  } catch (error) {
    complain(`${program.name} failed: ${format(error)}`);
    return false;
  }
}
