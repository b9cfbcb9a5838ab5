import type { Clock } from "@selvage/scope";

/** The environment of a program. */
export interface Stage {
  /** Prints a line. */
  readonly out: (line: string) => void;
  /** The source of time. Default: the platform's timers; tests pass a virtual clock. */
  readonly clock?: Clock | undefined;
}

/** A program that can be started by name. */
export interface Program {
  readonly name: string;
  /** One line for the list. */
  readonly description: string;
  /** Resolves when everything that it started has ended. */
  readonly run: (stage: Stage) => Promise<void>;
}
