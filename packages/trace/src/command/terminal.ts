import process from "node:process";
import { createInterface } from "node:readline";
import type { CancelScope } from "@selvage/scope";
import { CommandError } from "./command-error.js";

/** Prints a line for the user, beside the output. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Asks a question that is answered with yes or no. @throws {CommandError} If there is no terminal to ask on. */
export async function ask(question: string, scope: CancelScope): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CommandError(`${question}\nThere is no terminal to ask on: pass --yes.`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await scope.race(
      new Promise<string>((resolve) => {
        lines.on("close", () => resolve(""));
        lines.question(`${question} [y/N] `, resolve);
      }),
    );
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    lines.close();
  }
}

/** Shows frames, each in place of the one before. Without a terminal they are printed one after another, with a line between them. */
export interface Screen {
  show(lines: readonly string[]): void;
  /** Gives the terminal back as it was. The latest frame stays in a pipe or a file. */
  close(): void;
}

/** Opens the screen. `quit` is called when the user types q or Ctrl-C. */
export function openScreen(quit: () => void): Screen {
  const { stdout, stdin } = process;
  if (!stdout.isTTY) {
    let isFirst = true;
    return {
      show(lines) {
        stdout.write(`${isFirst ? "" : "\n"}${lines.join("\n")}\n`);
        isFirst = false;
      },
      close: () => {},
    };
  }
  const typed = (keys: Buffer): void => {
    if (/[q\x03]/.test(keys.toString("latin1"))) quit(); // eslint-disable-line no-control-regex -- Ctrl-C in raw mode
  };
  stdout.write("\x1b[?1049h\x1b[?25l"); // the other screen, without a cursor
  if (stdin.isTTY) stdin.setRawMode(true).on("data", typed).resume();
  return {
    show(lines) {
      const rows = stdout.rows || 24; // a terminal that does not know its size says 0
      const columns = stdout.columns || 80;
      const hidden = lines.length - rows + 1;
      const shown = hidden <= 0 ? lines : [...lines.slice(0, rows - 2), `… and ${hidden + 1} more lines`];
      const frame = shown.map((line) => `${line.slice(0, columns)}\x1b[K`).join("\n");
      stdout.write(`\x1b[H${frame}\n\x1b[J`);
    },
    close() {
      stdout.write("\x1b[?25h\x1b[?1049l");
      if (stdin.isTTY) stdin.off("data", typed).setRawMode(false).pause();
    },
  };
}
