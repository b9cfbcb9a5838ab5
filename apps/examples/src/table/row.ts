import type { Clock } from "@selvage/scope";
import type { ColumnName } from "./column.js";
import type { RuleNumber } from "./rules.js";

/** A task of a probe: it takes a signal where it is handed one. */
export type ProbeTask = (signal?: AbortSignal) => Promise<unknown>;

/** Where a probe runs. */
export interface Surroundings {
  readonly clock: Clock;
  /** The caller's own signal. */
  readonly signal: AbortSignal;
  /** The caller's error handler. */
  readonly onError: (error: unknown) => void;
  /** How long a body may take, in milliseconds, where there is a limit. */
  readonly limit: number;
}

/** Asks for the end of everything. What it returns is awaited by who asks. */
export type Shutdown = () => unknown;

/** What somebody who runs tasks can do with them. Both may be called from anywhere, at any time. */
export interface Hands {
  readonly start: (task: ProbeTask) => void;
  /** Left out where there is nothing to ask. */
  readonly shutdown?: Shutdown;
}

/** A way to run several tasks. */
export interface ManyTasks {
  /** Runs a body that starts tasks, and settles when the caller has control back. */
  run(body: (hands: Hands) => Promise<void> | void, surroundings: Surroundings): Promise<unknown>;
  /** Runs tasks, and resolves with whatever results its users get. */
  collect(tasks: readonly ProbeTask[], surroundings: Surroundings): Promise<unknown>;
}

/** A single body: it is given a signal, and somewhere to ask for its end, if there is. */
export type Body = (signal: AbortSignal, shutdown?: Shutdown) => Promise<unknown>;

/** A way to run a single body. */
export interface OneBody {
  run(body: Body, surroundings: Surroundings): Promise<unknown>;
}

/** The rules that cells rest on, by column. */
type CitedRules = Readonly<Partial<Record<ColumnName, RuleNumber>>>;

/** A row of the table: something to run tasks with, as it is, and with what its users may write around it. */
export type Row = {
  readonly name: string;
  readonly rules: CitedRules;
} & (
  | { readonly runs: "many tasks"; readonly asIs?: ManyTasks; readonly byHand?: ManyTasks }
  | { readonly runs: "one body"; readonly asIs?: OneBody; readonly byHand?: OneBody }
);
