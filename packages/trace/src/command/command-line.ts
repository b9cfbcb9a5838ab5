import { parseArgs } from "node:util";
import { CommandError } from "./command-error.js";

/** What the command does. */
export interface CommandLine {
  readonly action: "ps" | "top" | "help";
  readonly pid: number;
  /** Whether the inspector is opened without asking. */
  readonly yes: boolean;
  /** Whether the report is printed as JSON. */
  readonly json: boolean;
  /** The number of seconds between two frames of `top`. */
  readonly interval: number;
  /** The port of the inspector; `undefined` if it has to be found. */
  readonly port: number | undefined;
}

export const USAGE = `Usage: selvage-trace ps PID [options]
       selvage-trace top PID [options]

  ps PID               prints what is live in a Node process: each scope and task, its state and age, since when it is
                       cancelled and by whom, what it waits for and what it holds
  top PID              keeps it up to date; q or Ctrl-C ends it

  --json               ps: prints the report as JSON
  --interval SECONDS   top: the time between two frames; default: 1
  --yes                opens the inspector without asking
  --port PORT          the port of the inspector; default: it is found
  --help               prints this

A process that was started with \`node --import @selvage/trace/register\` answers on a socket. Any other one is read
through its inspector, which is opened on loopback and closed afterwards; the command asks first.`;

/** Reads the arguments. @throws {CommandError} If they are wrong. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  const { help = false, yes = false, json = false } = values;
  const [action, pid, ...rest] = positionals;
  const options = { yes, json, interval: readInterval(values.interval), port: readPort(values.port) };
  if (help) return { action: "help", pid: 0, ...options };
  if (action !== "ps" && action !== "top") {
    throw wrong(action === undefined ? "Expected ps or top." : `There is no command ${JSON.stringify(action)}.`);
  }
  if (rest.length > 0) throw wrong(`Expected one PID, got ${positionals.length - 1}.`);
  if (pid === undefined || !/^[1-9]\d{0,9}$/.test(pid)) {
    throw wrong(`The PID must be a positive integer, got ${pid === undefined ? "nothing" : JSON.stringify(pid)}.`);
  }
  return { action, pid: Number(pid), ...options };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        yes: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean" },
        interval: { type: "string" },
        port: { type: "string" },
      },
    });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function readInterval(text: string = "1"): number {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0.1 && seconds <= 86_400) return seconds;
  throw wrong(`--interval must be a number of seconds from 0.1 to 86400, got ${JSON.stringify(text)}.`);
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw wrong(`--port must be an integer from 1 to 65535, got ${JSON.stringify(text)}.`);
}

function wrong(message: string): CommandError {
  return new CommandError(`${message}\n\n${USAGE}`, 2);
}
