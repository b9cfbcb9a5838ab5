import process from "node:process";
import { ExceptionGroup, format } from "@selvage/scope";

/** How many members of a group are printed. If more errors than this ended the program, all of them are printed. */
const MOST_MEMBERS = 100;

/** The errors that end a program: the failure of the main, and uncaught errors. Each is reported once (R1, R3). */
export class Failures {
  /** All errors, in order of arrival. */
  readonly #errors: unknown[] = [];
  /** The errors that are objects. Primitives are not kept, because two equal ones are two errors. */
  readonly #seen = new Set<unknown>();
  /** The errors that have not been reported. */
  #left: unknown[] = [];

  get size(): number {
    return this.#errors.length;
  }

  /** The error, or a group if there are several. */
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

  /** Calls `onError` with the errors so far, and waits for it. If it fails, they are left to be reported, together with its error. */
  async reportTo(onError: (error: unknown) => unknown): Promise<void> {
    const { error, size } = this;
    try {
      await onError(error);
      this.#left.splice(0, size);
    } catch (thrown) {
      const both = new ExceptionGroup("onError failed; it was called with the first of these", [error, thrown]);
      this.#left.splice(0, size, both);
    }
  }

  /** Returns the text of the errors that have not been reported, and counts them as reported; empty if there are none. */
  take(): string {
    const left = this.#left;
    this.#left = [];
    if (left.length === 0) return "";
    const options = { color: isColorful(), maxMembers: Math.max(MOST_MEMBERS, this.size) };
    return `${format(asOne(left), options)}\n`;
  }
}

/** Returns the only error, or a group of several. */
function asOne(errors: readonly unknown[]): unknown {
  return errors.length === 1 ? errors[0] : new ExceptionGroup(`${errors.length} errors ended the program`, errors);
}

function isColorful(): boolean {
  try {
    const stderr: { readonly isTTY?: boolean } = process.stderr; // `isTTY` is missing for a pipe or a file
    return (stderr.isTTY ?? false) && !process.env["NO_COLOR"];
  } catch {
    return false; // Deno without the permission to read the environment
  }
}
