import process from "node:process";
import { ExceptionGroup, format } from "@selvage/scope";

/** How many members of a group are printed, unless more errors than this have ended the program. */
const MOST_MEMBERS = 100;

/** The errors that end a program: the failure of the main, and those that were not caught. Each is reported once (R1, R3). */
export class Failures {
  /** In order of arrival. */
  readonly #errors: unknown[] = [];
  /** Those that are objects. Two equal primitives are two errors. */
  readonly #seen = new Set<unknown>();
  /** What is still to be reported. */
  #left: unknown[] = [];

  get size(): number {
    return this.#errors.length;
  }

  /** The one error, or a group of several. */
  get error(): unknown {
    return asOne(this.#errors);
  }

  /** Adds an error, unless it is an object that was added before. */
  add(error: unknown): void {
    if (Object(error) === error) {
      if (this.#seen.has(error)) return;
      this.#seen.add(error);
    }
    this.#errors.push(error);
    this.#left.push(error);
  }

  /** Calls `onError` with what there is, and waits for it. If it fails, its error is still to be reported, together with the others. */
  async tell(onError: (error: unknown) => unknown): Promise<void> {
    const { error, size } = this;
    try {
      await onError(error);
      this.#left.splice(0, size);
    } catch (thrown) {
      const both = new ExceptionGroup("onError failed; it was called with the first of these", [error, thrown]);
      this.#left.splice(0, size, both);
    }
  }

  /** What is to be printed of those that have not been reported; empty if there are none. From now on they have been. */
  take(): string {
    const left = this.#left;
    this.#left = [];
    if (left.length === 0) return "";
    const options = { color: isColorful(), maxMembers: Math.max(MOST_MEMBERS, this.size) };
    return `${format(asOne(left), options)}\n`;
  }
}

function asOne(errors: readonly unknown[]): unknown {
  return errors.length === 1 ? errors[0] : new ExceptionGroup(`${errors.length} errors ended the program`, errors);
}

function isColorful(): boolean {
  try {
    const stderr: { readonly isTTY?: boolean } = process.stderr; // without it for a pipe or a file
    return (stderr.isTTY ?? false) && !process.env["NO_COLOR"];
  } catch {
    return false; // Deno, where the environment may not be read
  }
}
