import type { Option } from "./agenda.js";
import { containsForeign, type Fault, isCancellation, type Outcome, textOf } from "./fault.js";
import { Supervisor } from "./supervisor.js";
import { type Task, textOfRun } from "./task.js";
import type { Host } from "./tasks.js";

/** What follows a run of a task: V9. */
export class Restarter {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Each run has a scope, below the task's. */
  beginRun(task: Task): void {
    const { agenda, tree } = this.#host;
    const runs = task.runs!;
    runs.begin(agenda.now);
    const { id, body } = runs.body;
    const scope = tree.make(id, task.scope, false, "run");
    let hasEnded = false;
    scope.isEnding = () => hasEnded;
    runs.scope = scope;
    task.state = "running";
    this.#host.begin(id, body, scope, (outcome) => {
      hasEnded = true;
      runs.outcome = outcome;
      task.state = "judging";
    });
  }

  /** What may happen next. */
  options(task: Task): Option[] {
    if (task.state === "judging") return this.#judgements(task);
    return task.state === "resting" ? this.#nextRuns(task) : [];
  }

  /** A run that returned is followed by another, or by none as there were too many: no event shows when that is decided. */
  hidden(task: Task): (() => void) | undefined {
    if (task.state !== "judging" || this.#isLast(task) || "fault" in task.runs!.outcome!) return undefined;
    if (this.#host.tree.passed(task.runs!.scope!) !== undefined) return undefined;
    return () => {
      this.#goOn(task, task.runs!.next(this.#host.agenda.now));
    };
  }

  #judgements(task: Task): Option[] {
    const { agenda, tree } = this.#host;
    const { outcome, scope } = task.runs!;
    if (tree.passed(scope!) !== undefined) return [];
    const { reason } = scope!;
    if (reason?.owner === scope && task.scope.reason === undefined) return [this.#cancelledItself(task)];
    if (this.#isLast(task)) {
      this.#end(task, outcome!);
      return [];
    }
    if ("value" in outcome!) return [];
    const { fault } = outcome!;
    const next = task.runs!.next(agenda.now);
    const restartsIn = typeof next === "number" ? next : undefined;
    const detail = `${task.id} ! ${textOf(fault)}${textOfRun(task, restartsIn)}`;
    const happen = (): void => {
      (task.owner as Supervisor).failed(task, fault, restartsIn);
      agenda.take({ at: agenda.now, id: task.owner.id, what: "told", detail });
      this.#goOn(task, next);
    };
    return [{ id: task.owner.id, what: "told", detail, happen }];
  }

  /** A run that cancels its scope cancels the task, as the scope of a task's function is the task's. */
  #cancelledItself(task: Task): Option {
    const { agenda, tree } = this.#host;
    const { outcome, scope } = task.runs!;
    const cause: Fault = scope!.reason!;
    const detail = textOf({ kind: "cancelled", owner: task.scope, cause, deadline: undefined });
    const happen = (): void => {
      tree.cancel(task.scope, cause);
      agenda.take({ at: agenda.now, id: task.id, what: "cancelled", detail });
      const isCut = "fault" in outcome! && isCancellation(outcome.fault, scope!.reason);
      const isAbsorbed = isCut && !containsForeign(outcome.fault, scope!);
      this.#end(task, isAbsorbed ? { fault: task.scope.reason! } : outcome!);
    };
    return { id: task.id, what: "cancelled", detail, happen };
  }

  /** Whether no run follows, however the latest ended: the task is cancelled, the turn of its stage has come, or its policy says so. */
  #isLast(task: Task): boolean {
    if (task.scope.reason !== undefined || hadTurn(task)) return true;
    return task.runs!.next(this.#host.agenda.now) === "end";
  }

  #goOn(task: Task, next: "end" | "give up" | number): void {
    const { agenda, tree } = this.#host;
    const runs = task.runs!;
    if (typeof next !== "number") {
      const cause = "fault" in runs.outcome! ? runs.outcome.fault : undefined;
      this.#end(task, { fault: { kind: "restarts", id: task.id, cause } });
      return;
    }
    runs.scope!.close();
    runs.rest(agenda.now, next);
    task.state = "resting";
    if (hadTurn(task)) tree.cancelFor(task.scope, (task.owner as Supervisor).shutdown!.reason); // begun by the handler of the failure
  }

  #nextRuns(task: Task): Option[] {
    const { agenda, tree } = this.#host;
    const runs = task.runs!;
    if (tree.passed(task.scope) !== undefined) return []; // at equal times the deadline wins (C1)
    if (task.scope.reason !== undefined) {
      this.#end(task, { fault: task.scope.reason });
      return [];
    }
    if (runs.restartsAt! > agenda.now) return [];
    const { id } = runs.following;
    const happen = (): void => {
      (task.owner as Supervisor).restarts++;
      this.beginRun(task);
      agenda.take({ at: agenda.now, id, what: "began", detail: "" });
    };
    return [{ id, what: "began", detail: "", happen }];
  }

  /** The function of the task has ended. */
  #end(task: Task, outcome: Outcome): void {
    task.runs!.restartsAt = undefined;
    task.outcome = outcome;
    task.starting?.functionEnded(task);
    task.state = "ended";
  }
}

function hadTurn(task: Task): boolean {
  return (task.owner as Supervisor).shutdown?.hadTurn(task) === true;
}
