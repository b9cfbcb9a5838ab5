import type { CancelScope } from "@selvage/scope";
import type { Servers } from "./servers/index.js";

/** What one run of a case gets. */
export interface Attempt {
  /** The scope that is cancelled once the operation is under way. */
  readonly scope: CancelScope;
  /** `scope.signal`. */
  readonly signal: AbortSignal;
  readonly servers: Servers;
  /** The case calls it when the operation is under way. The scope is cancelled in a microtask after the call. */
  readonly underway: () => void;
  /** Runs after the attempt has ended, however it ended. Later registrations run first. */
  readonly defer: (cleanup: () => unknown) => void;
}

/**
 * What the user must write so that the end counts as a cancellation.
 *
 * - `settle`: the error has a shape that no other client uses, so `scope.settle` awaits the operation (S17)
 * - `check`: the operation ends without an error, so `scope.throwIfCancelled()` follows it
 * - `race`: the operation does not end, so `scope.race` awaits it (S12)
 */
export type Remedy = "settle" | "check" | "race";

/** One operation of one API or client, and how it is cancelled. */
export interface Case {
  /** For example `http.request`, body stalls. Markdown. */
  readonly name: string;
  /** The npm package, or `node`. */
  readonly package: string;
  /** Whether the operation takes the signal, or is torn down by `scope.onCancel`. `nothing`: it cannot be cancelled. */
  readonly cancelledBy: "signal" | "onCancel" | "nothing";
  /** `undefined` if the operation rejects with an error that Selvage recognises by itself. */
  readonly remedy?: Remedy;
  /** The server without which the case cannot run. */
  readonly needs?: "postgres" | "redis";
  /** What the user writes. Code. */
  readonly write: string;
  /** Starts the operation, and resolves or rejects as the API does. It applies no remedy. */
  readonly start: (attempt: Attempt) => Promise<unknown>;
}

/** The operation of a case with its remedy, as a user writes it. */
export async function runCase(one: Case, attempt: Attempt): Promise<unknown> {
  const { scope } = attempt;
  if (one.remedy === "settle") return scope.settle(one.start(attempt));
  if (one.remedy === "race") return scope.race(one.start(attempt));
  const value = await one.start(attempt);
  if (one.remedy === "check") scope.throwIfCancelled();
  return value;
}
