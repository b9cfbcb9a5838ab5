/*
 * Checks a trace file against the rules of the "Trace Event Format" (nestable async events, counters, metadata, flows by `bind_id`), and against what
 * Perfetto's importer makes of it: it keeps only the first `flow_out` of a `bind_id`, ignores a `flow_in` without one, and closes slices of a track
 * from the innermost one.
 */

/** An event of a trace file. */
export interface TraceFileEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: string;
  readonly ts: number;
  readonly pid: number;
  readonly tid: number;
  readonly id?: string;
  readonly id2?: { readonly local?: string; readonly global?: string };
  readonly args?: Readonly<Record<string, unknown>>;
  readonly bind_id?: string;
  readonly flow_out?: boolean;
  readonly flow_in?: boolean;
}

/**
 * Parses a trace event by event, as Perfetto reads it: the closing bracket may be missing, and an incomplete last event is ignored. Each event is on a
 * line of its own.
 */
export function parseTrace(text: string): TraceFileEvent[] {
  const lines = text.split("\n");
  if (lines[0] !== "[") throw new Error(`expected "[" on the first line, got ${JSON.stringify(lines[0])}`);
  const events: TraceFileEvent[] = [];
  for (const [index, line] of lines.slice(1).entries()) {
    if (line === "" || line === "]") continue;
    const isLast = index === lines.length - 2;
    try {
      events.push(JSON.parse(line.replace(/,$/, "")) as TraceFileEvent);
    } catch (error) {
      if (!isLast) throw error;
    }
  }
  return events;
}

/** Returns what is wrong with a complete trace file; an empty list if nothing is. */
export function checkTrace(text: string): string[] {
  const problems: string[] = [];
  const events = parseTrace(text);
  const whole = JSON.parse(text) as unknown;
  if (JSON.stringify(whole) !== JSON.stringify(events)) problems.push("the array differs from its lines");
  return [...problems, ...checkEvents(events, { isComplete: true })];
}

/** Returns what is wrong with events in the order of the file. In an incomplete trace, slices may be open. */
export function checkEvents(events: readonly TraceFileEvent[], { isComplete }: { isComplete: boolean }): string[] {
  const problems: string[] = [];
  const tracks = new Map<string, { readonly open: string[]; ts: number }>();
  const flows = new Set<string>();
  let latest = 0;
  for (const [index, event] of events.entries()) {
    const problem = (what: string): void => void problems.push(`event ${index}: ${what}: ${JSON.stringify(event)}`);
    checkFields(event, problem);
    if (event.ph === "M") continue;
    if (event.ts < latest) problem("earlier than the event before it");
    latest = event.ts;
    if (event.ph === "C") continue;
    const track = `${event.cat ?? ""} ${event.id ?? event.id2?.local ?? event.id2?.global ?? ""}`;
    let state = tracks.get(track);
    if (state === undefined) tracks.set(track, (state = { open: [], ts: event.ts }));
    if (event.ph === "b") state.open.push(event.name);
    if (event.ph === "e") {
      const begun = state.open.pop();
      if (begun !== event.name) problem(`ends ${String(begun)}`);
    }
    if (event.bind_id === undefined) continue;
    if (event.ph === "e") problem("a flow at an end");
    if (state.open.length === 0) problem("a flow outside of a slice");
    if (event.flow_out === event.flow_in) problem("a flow must begin or end");
    if (event.flow_out === true && flows.has(event.bind_id)) problem("a second beginning of a flow");
    if (event.flow_in === true && !flows.has(event.bind_id)) problem("an end of a flow that has not begun");
    if (event.flow_out === true) flows.add(event.bind_id);
  }
  for (const [track, { open }] of tracks) {
    if (isComplete && open.length > 0) problems.push(`${track}: not ended: ${open.join(", ")}`);
  }
  return problems;
}

function checkFields(event: TraceFileEvent, problem: (what: string) => void): void {
  const { name, ph, ts, pid, tid, cat, id, id2, args } = event;
  if (typeof name !== "string") problem("the name is not a string");
  if (!["b", "e", "n", "C", "M"].includes(ph)) problem("an unknown phase");
  if (!Number.isInteger(pid) || !Number.isInteger(tid)) problem("pid or tid is not an integer");
  if (!Number.isFinite(ts) || ts < 0) problem("ts is not a time");
  if (ph === "C") {
    const values = Object.values(args ?? {});
    if (values.length === 0 || !values.every((value) => Number.isFinite(value))) problem("a counter is not numeric");
  }
  if (["b", "e", "n"].includes(ph)) {
    const ids = [id, id2?.local, id2?.global].filter((each) => each !== undefined);
    if (ids.length !== 1 || typeof ids[0] !== "string" || ids[0] === "") problem("not exactly one id");
    if (typeof cat !== "string" || cat === "") problem("no category");
  } else if (event.bind_id !== undefined) problem("a flow at an event without a slice");
  if (ph === "M" && typeof args?.["name"] !== "string") problem("metadata without a name");
}
