import type { Clock } from "@selvage/scope";

/** What a program is given to run with. */
export interface Stage {
  /** Prints a line. */
  readonly out: (line: string) => void;
  /** Where time comes from. Default: the platform's timers; tests give a virtual clock. */
  readonly clock?: Clock | undefined;
}

/** Something to start by its name. */
export interface Program {
  readonly name: string;
  /** One line for the list. */
  readonly description: string;
  /** Resolves when all that it started has ended. */
  readonly run: (stage: Stage) => Promise<void>;
}
