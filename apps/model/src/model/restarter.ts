import type { Option } from "./agenda.js";
import { type Cancellation, type Outcome, textOf } from "./fault.js";
import { Supervisor } from "./supervisor.js";
import { type Task, textOfRun } from "./task.js";
import type { Host } from "./tasks.js";

/** Decides what follows a run of a task: V9. */
export class Restarter {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Each run has its own scope below the task's. */
  beginRun(task: Task): void {
    const runs = task.runs!;
    runs.begin();
    const { id, body } = runs.body;
    const scope = this.#host.tree.make(id, task.scope, false, "run");
    let hasEnded = false;
    scope.isEnding = () => hasEnded;
    runs.scope?.close(); // until then a cancellation may reach it
    runs.scope = scope;
    task.state = "running";
    task.scope.onMark = () => {
      this.#cancelled(task);
    };
    this.#host.begin(id, body, scope, (outcome) => {
      hasEnded = true;
      runs.outcome = outcome;
      task.state = "judging";
    });
  }

  /** Called at the turn of a task's stage; returns whether the task waits for its next run, so that it needs no grace. */
  takesTurn(task: Task): boolean {
    const { runs, state } = task;
    if (runs === undefined || (state !== "between" && state !== "ended")) return false;
    if (!runs.mayBeUndecided()) return state === "between" && runs.isResting(task.scope);
    this.#end(task, runs.outcome!);
    return false;
  }

  /** The events that may happen next. */
  options(task: Task): Option[] {
    if (task.state === "judging") return this.#judgements(task);
    return task.state === "between" ? this.#nextRuns(task) : [];
  }

  #judgements(task: Task): Option[] {
    const { agenda, tree } = this.#host;
    const { owner, runs } = task;
    const { outcome, scope } = runs!;
    if (tree.passed(scope!) !== undefined) return [];
    const { reason } = scope!;
    const cancelledItself = reason !== undefined && reason.owner === scope && task.scope.reason === undefined;
    if (cancelledItself) return [this.#cancelling(task, reason, outcome)];
    if (task.scope.reason !== undefined || hadTurn(task)) {
      this.#end(task, outcome!);
      return [];
    }
    const { next } = runs!;
    if ("value" in outcome!) {
      this.#goOn(task, next);
      return this.options(task);
    }
    const { fault } = outcome!;
    const restartsIn = typeof next === "number" ? next : undefined;
    const detail = `${task.id} ! ${textOf(fault)}${textOfRun(task, restartsIn)}`;
    const happen = (): void => {
      supervisorOf(task).failed(task, fault, restartsIn);
      agenda.take({ at: agenda.now, id: owner.id, what: "told", detail });
      this.#goOn(task, next);
    };
    return [{ id: owner.id, what: "told", detail, happen }];
  }

  #goOn(task: Task, next: "end" | "give up" | number): void {
    const runs = task.runs!;
    runs.decide(next);
    if (typeof next === "number") task.state = "between";
    else this.#end(task, next === "end" ? runs.outcome! : this.#tooMany(task));
    // The handler of the failure may have cancelled the task.
    if (task.state === "between" && task.scope.reason !== undefined) this.#end(task, { fault: task.scope.reason });
  }

  #tooMany({ id, runs }: Task): Outcome {
    const cause = "fault" in runs!.outcome! ? runs!.outcome.fault : undefined;
    return { fault: { kind: "restarts", id, cause } };
  }

  /** The task is cancelled: it is never run again. */
  #cancelled(task: Task): void {
    const { runs, scope, state } = task;
    if (state !== "between" && state !== "ended") return;
    if (runs!.mayBeUndecided()) this.#end(task, runs!.outcome!);
    else if (state === "between") this.#end(task, { fault: scope.reason! });
  }

  /** The next run, or the cancellation of the task if the turn of its stage has come meanwhile. */
  #nextRuns(task: Task): Option[] {
    const { agenda, tree } = this.#host;
    const { runs, scope } = task;
    if (tree.passed(scope) !== undefined) return []; // at equal times the deadline wins (C1)
    if (hadTurn(task)) return [this.#cancelling(task, supervisorOf(task).shutdown!.reason)];
    if (runs!.restartsAt! > agenda.now) return [];
    const { id } = runs!.following;
    const happen = (): void => {
      supervisorOf(task).restarts++;
      this.beginRun(task);
      agenda.take({ at: agenda.now, id, what: "began", detail: "" });
    };
    return [{ id, what: "began", detail: "", happen }];
  }

  /**
   * Cancels a task between two runs, or after a run that cancelled its own scope. For the function, the scope of the
   * run is that of the task, and the reason is the same.
   */
  #cancelling(task: Task, reason: Cancellation, outcome?: Outcome): Option {
    const { agenda, tree } = this.#host;
    const detail = textOf(reason);
    const happen = (): void => {
      tree.cancelFor(task.scope, reason);
      agenda.take({ at: agenda.now, id: task.id, what: "cancelled", detail });
      if (outcome !== undefined) this.#end(task, outcome);
    };
    return { id: task.id, what: "cancelled", detail, happen };
  }

  /** The function of the task has ended. */
  #end(task: Task, outcome: Outcome): void {
    task.outcome = outcome;
    task.starting?.functionEnded();
    task.state = "ended";
  }
}

function hadTurn(task: Task): boolean {
  return supervisorOf(task).shutdown?.hadTurn(task) === true;
}

/** Only supervisors restart tasks. */
function supervisorOf({ owner }: Task): Supervisor {
  if (owner instanceof Supervisor) return owner;
  throw new Error("A task of a group is not restarted.");
}
