/** The outcome of a statement, in a form that both sides write. */
export interface TraceEvent {
  readonly time: number;
  readonly id: number;
  readonly outcome: Outcome;
}

export type Outcome =
  | "done"
  | "cancelled"
  /** `late`: the time of the timeout was up, but nothing was interrupted. */
  | { readonly value: number | null; readonly late?: boolean }
  | { readonly error: ErrorShape };

/** An error: a leaf by its name, a group as the list of its members. */
export type ErrorShape = string | readonly ErrorShape[];

/** A run as text, a line for each event. Events of one time, and members of a group, are sorted by id (T3). */
export function linesOf(trace: readonly TraceEvent[]): readonly string[] {
  return trace
    .toSorted((one, other) => one.time - other.time || one.id - other.id)
    .map(({ time, id, outcome }) => `${time} ${id} ${describe(outcome)}`);
}

function describe(outcome: Outcome): string {
  if (typeof outcome === "string") return outcome;
  if ("error" in outcome) return `failed: ${nameOf(outcome.error)}`;
  return `= ${outcome.value}${outcome.late === true ? ", late" : ""}`;
}

function nameOf(error: ErrorShape): string {
  return typeof error === "string" ? error : `[${error.map(nameOf).sort().join(", ")}]`;
}
