/** Ends the command with a message and an exit code: 1 if the process cannot be read, 2 if the command line is wrong. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
