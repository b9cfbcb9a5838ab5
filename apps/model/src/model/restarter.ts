import type { Option } from "./agenda.js";
import { type Cancellation, type Outcome, textOf } from "./fault.js";
import { Supervisor } from "./supervisor.js";
import { type Task, textOfRun } from "./task.js";
import type { Host } from "./tasks.js";

const BETWEEN_RUNS: ReadonlySet<Task["state"]> = new Set(["judging", "decided", "resting", "rested"]);

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
    if (task.state === "decided" || task.state === "rested") return this.#nextRuns(task);
    return [];
  }

  /**
   * What no event shows: that a run that returned is followed by another, or by none as there were too many; that the task waits, and that it no
   * longer does, as its time has come or it is cancelled.
   */
  hidden(task: Task): (() => void) | undefined {
    const { tree, agenda } = this.#host;
    const { scope, state, runs } = task;
    if (runs === undefined || !BETWEEN_RUNS.has(state)) return undefined;
    if (tree.passed(state === "judging" ? runs.scope! : scope) !== undefined) return undefined; // the deadline wins (C1)
    if (state === "judging") {
      if (this.#isLast(task) || "fault" in runs.outcome!) return undefined;
      return () => {
        this.#decide(task, runs.next(agenda.now));
      };
    }
    const { reason } = scope;
    if (reason !== undefined) {
      return () => {
        this.#end(task, { fault: reason });
      };
    }
    if (state === "rested" || hadTurn(task) || (state === "resting" && runs.restartsAt! > agenda.now)) return undefined;
    return () => {
      task.state = state === "decided" ? "resting" : "rested";
      if (state === "decided") runs.rest(agenda.now);
    };
  }

  #judgements(task: Task): Option[] {
    const { agenda, tree } = this.#host;
    const { outcome, scope } = task.runs!;
    if (tree.passed(scope!) !== undefined) return [];
    const { reason } = scope!;
    const cancelledItself = reason !== undefined && reason.owner === scope && task.scope.reason === undefined;
    if (cancelledItself) return [this.#cancelledItself(task, reason)];
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
      this.#decide(task, next);
    };
    return [{ id: task.owner.id, what: "told", detail, happen }];
  }

  /** A run that cancels its scope cancels the task, with the same reason: the scope of a task's function is the task's. */
  #cancelledItself(task: Task, reason: Cancellation): Option {
    const { agenda, tree } = this.#host;
    const detail = textOf(reason);
    const happen = (): void => {
      tree.cancelFor(task.scope, reason);
      agenda.take({ at: agenda.now, id: task.id, what: "cancelled", detail });
      this.#end(task, task.runs!.outcome!);
    };
    return { id: task.id, what: "cancelled", detail, happen };
  }

  /** Whether no run follows, however the latest ended: the task is cancelled, the turn of its stage has come, or its policy says so. */
  #isLast(task: Task): boolean {
    if (task.scope.reason !== undefined || hadTurn(task)) return true;
    return task.runs!.next(this.#host.agenda.now) === "end";
  }

  #decide(task: Task, next: "end" | "give up" | number): void {
    const runs = task.runs!;
    if (typeof next === "number") {
      runs.scope!.close();
      runs.delay = next;
      task.state = "decided";
      return;
    }
    const cause = "fault" in runs.outcome! ? runs.outcome.fault : undefined;
    this.#end(task, { fault: { kind: "restarts", id: task.id, cause } });
  }

  /** The next run; or, where the turn of the task's stage has come meanwhile, its cancellation. */
  #nextRuns(task: Task): Option[] {
    const { agenda, tree } = this.#host;
    if (task.scope.reason !== undefined || tree.passed(task.scope) !== undefined) return [];
    if (hadTurn(task)) {
      const { reason } = (task.owner as Supervisor).shutdown!;
      const detail = textOf(reason);
      const happen = (): void => {
        tree.cancelFor(task.scope, reason);
        agenda.take({ at: agenda.now, id: task.id, what: "cancelled", detail });
      };
      return [{ id: task.id, what: "cancelled", detail, happen }];
    }
    if (task.state !== "rested") return [];
    const { id } = task.runs!.following;
    const happen = (): void => {
      (task.owner as Supervisor).restarts++;
      this.beginRun(task);
      agenda.take({ at: agenda.now, id, what: "began", detail: "" });
    };
    return [{ id, what: "began", detail: "", happen }];
  }

  /** The function of the task has ended. */
  #end(task: Task, outcome: Outcome): void {
    task.outcome = outcome;
    task.starting?.functionEnded();
    task.state = "ended";
  }
}

function hadTurn(task: Task): boolean {
  return (task.owner as Supervisor).shutdown?.hadTurn(task) === true;
}
