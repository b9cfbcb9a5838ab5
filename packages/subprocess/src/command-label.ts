import type { RunningCommand } from "./running-command.js";

/** The label of the scope in which a command runs: `describeTree` shows it, and the id of its process. */
export class CommandLabel {
  readonly kind = "command";
  readonly name: string;
  readonly isNamed = false; // it has the name of the command
  /** The command; `undefined` until it is started. */
  running: RunningCommand | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }

  get holding(): string | undefined {
    const pid = this.running?.child?.pid;
    return pid === undefined ? undefined : `process ${pid}`;
  }
}
