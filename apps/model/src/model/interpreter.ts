import type { Block, Statement } from "../program.js";
import { type Fault, type Outcome, textOfOutcome, Thrown } from "./fault.js";
import { Nesting } from "./nesting.js";
import { Supervisor } from "./supervisor.js";
import type { Task } from "./task.js";
import { cuts, DONE, type Steps, type Way } from "./thread.js";
import { describeValue } from "../trace.js";
import { Undecided } from "./undecided.js";

/** Thrown for a `return`. */
class Returned extends Error {
  readonly value: number;

  constructor(value: number) {
    super(`return ${value}`);
    this.value = value;
  }
}

/** Interprets the function of one thread, statement by statement. */
export class Interpreter extends Nesting {
  *run(id: number, body: Block): Steps<Outcome> {
    try {
      yield* this.block(body);
      return { value: id };
    } catch (error) {
      if (error instanceof Returned) return { value: error.value };
      if (error instanceof Thrown) return { fault: error.fault };
      throw error;
    }
  }

  *block(block: Block): Steps {
    for (const statement of block) yield* this.#step(statement);
  }

  *#step(statement: Statement): Steps {
    const { id } = statement;
    switch (statement.do) {
      case "fail":
        throw new Thrown({ kind: "error", id });
      case "return":
        throw new Returned(id);
      case "try":
        try {
          yield* this.block(statement.body);
        } catch (error) {
          if (!(error instanceof Undecided)) yield* this.block(statement.cleanup);
          throw error;
        }
        yield* this.block(statement.cleanup);
        return;
      case "attempt":
        try {
          yield* this.block(statement.body);
        } catch (error) {
          if (!(error instanceof Thrown)) throw error;
          yield* this.catch(id, error, statement.everything);
        }
        return;
      case "run":
        throw new Error("A run is not a separate statement.");
      case "sleep":
      case "work":
      case "checkpoint":
      case "check":
      case "spawn":
      case "start":
      case "started":
      case "peek":
      case "stats":
      case "limit":
      case "idle":
      case "await":
      case "cancel":
      case "move":
      case "shutdown":
      case "scope":
      case "timeout":
      case "moveOnAfter":
      case "group":
      case "supervisor":
        yield* this.event(id, "does");
        yield* this.#do(statement);
    }
  }

  *#do(statement: Exclude<Statement, { do: "fail" | "return" | "try" | "attempt" | "run" }>): Steps {
    const { agenda, tree, tasks, owners } = this.machine;
    const scope = this.scope;
    const { id } = statement;
    switch (statement.do) {
      case "sleep": {
        const due = agenda.now + statement.ms;
        const abort: Fault | undefined = statement.signal ? { kind: "abort" } : undefined;
        // At equal times the deadline wins (C1). A wait with a signal is foreign code, which does not check the clock.
        const isOver = (): boolean =>
          agenda.now >= due && (statement.signal === true || tree.passed(scope) === undefined);
        yield* this.cuttable(id, () => (isOver() ? DONE : undefined), { due, abort });
        return;
      }
      case "work": {
        const due = agenda.now + statement.ms;
        yield* this.wait({ id, due, options: () => (agenda.now >= due ? [{ outcome: DONE }] : []) });
        return;
      }
      case "checkpoint": {
        const wasCancelled = scope.reason !== undefined || tree.passed(scope) !== undefined;
        const goesOn: Way[] = wasCancelled ? [] : [{ outcome: DONE }];
        yield* this.wait({ id, options: () => [...goesOn, ...cuts(scope)] });
        return;
      }
      case "check":
        tree.look(scope);
        if (scope.reason !== undefined) throw new Thrown(scope.reason);
        return;
      case "spawn":
        tasks.spawn(statement);
        return;
      case "start": {
        const starting = tasks.start(statement, scope);
        yield* this.wait({ id, options: () => (starting.result === undefined ? [] : [{ outcome: starting.result }]) });
        return;
      }
      case "started": {
        const refusal = tasks.ready(statement.task, id);
        if (refusal !== undefined) throw new Thrown(refusal);
        return;
      }
      case "limit":
        owners.get(statement.owner)!.setLimit(statement.limit);
        return;
      case "idle": {
        const owner = owners.get(statement.owner)!;
        if (owner.taskAround(scope) !== undefined) {
          const fault: Fault = { kind: "invalid" };
          agenda.mustCome(id, "resumed", textOfOutcome({ fault }));
          this.isFresh = true;
          throw new Thrown(fault);
        }
        tree.look(scope);
        const idler = scope.reason === undefined ? owner.idle(scope) : undefined;
        yield* this.cuttable(id, () => (idler?.isOver === true ? DONE : undefined));
        return;
      }
      case "await": {
        const task = tasks.get(statement.task);
        if (task?.kept !== true) yield* this.wait({ id, options: () => [{ outcome: DONE }] });
        else yield* this.cuttable(id, () => (task.state === "done" ? task.outcome : undefined));
        return;
      }
      case "cancel": {
        const target = tree.scopes.get(statement.target);
        if (target?.watched === true) tree.cancel(target, `by ${id}`);
        return;
      }
      case "move": {
        const target = tree.scopes.get(statement.target)!;
        if (target.closed) throw new Thrown({ kind: "closed" });
        tree.moveDeadline(target, statement.ms === null ? Infinity : agenda.now + statement.ms);
        return;
      }
      case "peek": {
        const task = tasks.get(statement.task);
        const seen = task?.kept === true ? this.#peek(task) : undefined;
        agenda.mustCome(id, "saw", describeValue(seen));
        return;
      }
      case "stats": {
        const supervisor = owners.get(statement.supervisor);
        agenda.mustCome(id, "saw", describeValue(supervisor instanceof Supervisor ? supervisor.stats() : undefined));
        return;
      }
      case "shutdown": {
        const supervisor = owners.get(statement.supervisor);
        const { wait, named } = statement;
        if (!(supervisor instanceof Supervisor)) {
          if (wait) yield* this.wait({ id, options: () => [{ outcome: DONE }] });
          return;
        }
        const waiter = supervisor.shutDown(statement, scope, named ? `by ${id}` : undefined);
        if (wait) yield* this.cuttable(id, () => waiter.report && { value: waiter.report });
        return;
      }
      case "scope":
      case "timeout":
      case "moveOnAfter":
        yield* this.limit(statement);
        return;
      case "group":
      case "supervisor":
        yield* this.owner(statement);
    }
  }

  /** V11, V12. */
  #peek(task: Task): string {
    const { runs } = task;
    const attempt = runs?.attempt ?? 1;
    if (task.state === "done") return `run ${attempt}, done`;
    const until = this.machine.tree.effectiveDeadline(task.scope);
    const queued = task.owner.isQueued(task) ? " queued" : "";
    const again = runs?.isResting(task.scope) === true ? `, again at ${runs.restartsAt}` : "";
    return `run ${attempt}${queued}${again}, until ${until}`;
  }
}
