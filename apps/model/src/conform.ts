import { isSame } from "./model/agenda.js";
import { Choices } from "./model/choices.js";
import { Machine } from "./model/machine.js";
import { Undecided } from "./model/undecided.js";
import type { Program } from "./program.js";
import { type Event, lineOf } from "./trace.js";

/** Whether a trace agrees with the model. */
export type Verdict =
  | { readonly kind: "agrees" }
  /** The program depends on something that leaves no trace, or would wait for ever, so there is no answer. */
  | { readonly kind: "undecided"; readonly why: string }
  | { readonly kind: "disagrees"; readonly message: string };

const AGREES: Verdict = { kind: "agrees" };
/** The maximum number of scripts of choices with which a trace is followed. */
const MOST_SCRIPTS = 1000;

/** Checks whether the model could produce this trace: each event is one that may come next, and no event is missing. */
export function conform(program: Program, trace: readonly Event[], stalled = false): Verdict {
  let verdict: Verdict | undefined;
  let choices: Choices | undefined = new Choices();
  for (let scripts = 0; choices !== undefined; scripts++) {
    if (scripts === MOST_SCRIPTS) return { kind: "undecided", why: "too much that no event shows" };
    const next = followAll(program, choices, trace, stalled);
    if (next.kind === "agrees") return next;
    if (verdict === undefined || next.kind === "undecided") verdict = next;
    choices = choices.next();
  }
  return verdict!;
}

function followAll(program: Program, choices: Choices, trace: readonly Event[], stalled: boolean): Verdict {
  try {
    return followWith(new Machine(program, choices), trace, stalled);
  } catch (error) {
    if (error instanceof Undecided) return { kind: "undecided", why: error.message };
    throw error;
  }
}

function followWith(machine: Machine, trace: readonly Event[], stalled: boolean): Verdict {
  for (const [index, event] of trace.entries()) {
    const message = follow(machine, event);
    if (message === undefined) continue;
    if (stalled && isStuck(machine)) return { kind: "undecided", why: "a deadlock" };
    return { kind: "disagrees", message: `event ${index}, ${lineOf(event)}: ${message}` };
  }
  const message = leftOut(machine, Infinity) ?? (machine.isOver ? undefined : "the trace ends, but not the program");
  if (message !== undefined && isStuck(machine)) return { kind: "undecided", why: "a deadlock" };
  return message === undefined ? AGREES : { kind: "disagrees", message };
}

/** Follows one event; returns what is wrong with it. */
function follow(machine: Machine, event: Event): string | undefined {
  const { agenda } = machine;
  while (event.at > agenda.now) {
    const missing = leftOut(machine, event.at);
    if (missing !== undefined) return missing;
    agenda.moveTo(Math.min(machine.nextDue(), event.at));
  }
  if (agenda.take(event)) return undefined;
  if (agenda.next === undefined) {
    machine.giveUp(false);
    if (agenda.take(event)) return undefined;
  }
  const option = machine.options().find((option) => isSame(option, event));
  // In the same microtask nothing else may come, except the listener of a scope that its owner is about to close.
  if (option !== undefined && (agenda.next === undefined || option.optional === true)) {
    option.happen();
    return undefined;
  }
  return `expected ${expectations(machine)}`;
}

/** The events that must happen before time moves. */
function leftOut(machine: Machine, until: number): string | undefined {
  const { agenda } = machine;
  machine.giveUp(true);
  if (agenda.next !== undefined || machine.options().some(({ optional }) => optional !== true)) {
    return `expected, still at ${agenda.now}, ${expectations(machine)}`;
  }
  return until === Infinity && machine.nextDue() < until ? `expected something at ${machine.nextDue()}` : undefined;
}

function isStuck(machine: Machine): boolean {
  return leftOut(machine, Infinity) === undefined && !machine.isOver;
}

function expectations(machine: Machine): string {
  const { now, next } = machine.agenda;
  if (next !== undefined) return lineOf({ at: now, ...next });
  const lines = machine.options().map((option) => lineOf({ at: now, ...option }));
  return lines.length === 0 ? `nothing before ${machine.nextDue()}` : `one of: ${lines.join("; ")}`;
}
