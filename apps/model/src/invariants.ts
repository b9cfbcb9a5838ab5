import { blocksOf, type Block, type Program, statementsOf } from "./program.js";
import type { Recording } from "./record.js";
import { describeError, type Event, lineOf } from "./trace.js";

/** Checks what holds in every run, independent of the model; returns the first invariant that was broken. */
export function brokenInvariant(program: Program, recording: Recording): string | undefined {
  if (recording.stalled) return undefined; // everything waited, and was abandoned in the end
  const broken = [
    ...leftovers(recording),
    ...unsettled(recording.trace),
    ...outlived(program, recording.trace),
    ...strayErrors(program, recording),
    ...recording.recorder.kept,
  ];
  return broken[0];
}

/** After the end no timer and no scope is left, and every rejection was handled. */
function* leftovers({ timers, tree, crash, unhandled, recorder }: Recording): Generator<string> {
  if (crash !== undefined) yield `the run failed: ${describeError(crash)}`;
  if (unhandled.length > 0) yield `unhandled: ${unhandled.map(describeError).join(", ")}`;
  if (recorder.listeners > 0) yield `${recorder.listeners} listeners of signals are left`;
  if (!recorder.isOver) yield "tasks are left that have not settled";
  if (timers > 0) yield `${timers} timers are left`;
  if (tree.includes("\n")) yield `scopes are left:\n${tree}`;
}

/** Everything that began ends, every wait ends, and nothing is reported twice. */
function* unsettled(trace: readonly Event[]): Generator<string> {
  const times = new Map<string, number>();
  for (const { id, what, detail } of trace) {
    const fact = what === "told" ? `${id} told ${detail}` : `${id} ${what}`;
    times.set(fact, (times.get(fact) ?? 0) + 1);
  }
  for (const [fact, count] of times) {
    if (count > 1) yield `${count} times: ${fact}`;
    const [id, what] = fact.split(" ");
    if (what === "began" && !times.has(`${id} ended`)) yield `${id} began, and never ended`;
  }
}

/** Nothing outlives its owner (T1): what happens in a thread comes before its end, and a task's end before its owner's. */
function* outlived({ body }: Program, trace: readonly Event[]): Generator<string> {
  const statements = [...statementsOf(body)];
  const abandoning = new Set(
    statements.flatMap((one) => {
      if (one.do === "shutdown" && one.timeout !== null) return [one.supervisor];
      return "drain" in one && one.drain.timeout !== null ? [one.id] : [];
    }),
  );
  const threads = threadsOf(body, 0);
  const ends = new Map(trace.flatMap(({ id, what }, index) => (what === "ended" ? [[id, index]] : [])));
  const over = new Map(trace.flatMap(({ id, what }, index) => (what === "resumed" ? [[id, index]] : [])));
  for (const [index, event] of trace.entries()) {
    const thread = threads.get(event.id);
    const end = thread === undefined || isInThread(event) ? undefined : ends.get(thread);
    if (end !== undefined && end < index) yield `the thread ${thread} had ended before: ${lineOf(event)}`;
    const task = statements.find((one) => one.id === event.id && (one.do === "spawn" || one.do === "start"));
    if (event.what !== "done" || task === undefined || !("owner" in task) || abandoning.has(task.owner)) continue;
    if ((over.get(task.owner) ?? Infinity) < index) yield `the owner ${task.owner} was over before: ${lineOf(event)}`;
  }
}

/** Whether an event is about a thread itself, not about a statement in it: an event of a task may come after its creator has ended. */
function isInThread({ what }: Event): boolean {
  return (
    what === "began" ||
    what === "ended" ||
    what === "done" ||
    what === "cancelled" ||
    what === "told" ||
    what === "stopping"
  );
}

/** The thread of each statement. */
function threadsOf(block: Block, thread: number, threads = new Map<number, number>()): ReadonlyMap<number, number> {
  for (const statement of block) {
    threads.set(statement.id, thread);
    const isThread = statement.do !== "try" && statement.do !== "attempt";
    for (const inner of blocksOf(statement)) threadsOf(inner, isThread ? statement.id : thread, threads);
  }
  return threads;
}

/**
 * Each error is reported exactly once: it is caught, passed to a supervisor's handler, or thrown at the end. This is
 * not checked for programs in which code that awaits a task may rethrow an error, a cleanup may replace it, or it may
 * be fatal.
 */
function* strayErrors({ body }: Program, { recorder, trace }: Recording): Generator<string> {
  for (const statement of statementsOf(body)) {
    if (statement.do === "await" || statement.do === "try" || "fatal" in statement) return;
  }
  const arrived = trace
    .filter(({ id, what }) => what === "caught" || what === "told" || (what === "resumed" && id === 0))
    .flatMap(({ detail }) => detail.replace(/\([^)]*\)/g, "").match(/E\d+/g) ?? []);
  for (const id of recorder.errors) {
    const times = arrived.filter((error) => error === `E${id}`).length;
    if (times !== 1) yield `error ${id} arrived ${times} times`;
  }
}
