/** What a command has written, once it has exited with code 0. */
export class Output {
  /** The exit code: 0, because any other is a {@link ProcessError}. */
  readonly code = 0;
  /**
   * Whether the output may be incomplete: a process that left the command's group still held a pipe one second after the command and its group had
   * ended.
   */
  readonly truncated: boolean;
  readonly #stdout: Buffer;
  readonly #stderr: Buffer;

  /** @internal */
  constructor(stdout: Buffer, stderr: Buffer, truncated: boolean) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.truncated = truncated;
  }

  /**
   * The standard output as text (UTF-8); empty unless `output` is `"buffer"`. Each read decodes it, and throws if that is longer than a string may be
   * (500 MB): use `bytes`.
   */
  get stdout(): string {
    return this.#stdout.toString();
  }

  /** The standard error as text (UTF-8); empty unless `output` is `"buffer"`. Each read decodes it. */
  get stderr(): string {
    return this.#stderr.toString();
  }

  /** The bytes of the standard output, as the command wrote them. */
  get bytes(): Uint8Array {
    return this.#stdout;
  }
}
