import type { Clock } from "@selvage/scope";
import type { ColumnName } from "./column.js";
import type { RuleNumber } from "./rules.js";

/** A task of a probe; its signal is optional. */
export type ProbeTask = (signal?: AbortSignal) => Promise<unknown>;

/** The environment of a probe. */
export interface Surroundings {
  readonly clock: Clock;
  /** The caller's own signal. */
  readonly signal: AbortSignal;
  /** The caller's error handler. */
  readonly onError: (error: unknown) => void;
  /** The limit for a body, in milliseconds. */
  readonly limit: number;
}

/** Requests the end of everything. The requester awaits what it returns. */
export type Shutdown = () => unknown;

/** The functions of a way that runs tasks. Both may be called from anywhere, at any time. */
export interface Hands {
  readonly start: (task: ProbeTask) => void;
  /** Omitted if the way has no shutdown. */
  readonly shutdown?: Shutdown;
}

/** A way to run several tasks. */
export interface ManyTasks {
  /** Runs a body that starts tasks, and settles when the caller has control back. */
  run(body: (hands: Hands) => Promise<void> | void, surroundings: Surroundings): Promise<unknown>;
  /** Runs tasks, and resolves with the results that its users get. */
  collect(tasks: readonly ProbeTask[], surroundings: Surroundings): Promise<unknown>;
}

/** A single body: it receives a signal, and a function that requests its end, if there is one. */
export type Body = (signal: AbortSignal, shutdown?: Shutdown) => Promise<unknown>;

/** A way to run a single body. */
export interface OneBody {
  run(body: Body, surroundings: Surroundings): Promise<unknown>;
}

/** The rules that cells cite, by column. */
type CitedRules = Readonly<Partial<Record<ColumnName, RuleNumber>>>;

/** A row of the table: a way to run tasks, alone, and with additional code of its users. */
export type Row = {
  readonly name: string;
  readonly rules: CitedRules;
} & (
  | { readonly runs: "many tasks"; readonly asIs?: ManyTasks; readonly byHand?: ManyTasks }
  | { readonly runs: "one body"; readonly asIs?: OneBody; readonly byHand?: OneBody }
);
