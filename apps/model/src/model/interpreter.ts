import type { Block, Statement } from "../program.js";
import { type Fault, type Outcome, textOfOutcome, Thrown } from "./fault.js";
import { Group } from "./group.js";
import { judge, type Limit } from "./limit.js";
import type { Task } from "./owner.js";
import { Supervisor } from "./supervisor.js";
import { cuts, DONE, type Steps, Thread, type Way } from "./thread.js";
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
export class Interpreter extends Thread {
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
      case "sleep":
      case "work":
      case "checkpoint":
      case "check":
      case "spawn":
      case "start":
      case "started":
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

  *#do(statement: Exclude<Statement, { do: "fail" | "return" | "try" | "attempt" }>): Steps {
    const { agenda, tree, tasks, owners } = this.machine;
    const scope = this.scope;
    const { id } = statement;
    switch (statement.do) {
      case "sleep": {
        const due = agenda.now + statement.ms;
        const abort: Fault | undefined = statement.signal ? { kind: "abort" } : undefined;
        // At equal times the deadline wins (C1); what waits by a signal is other code, which checks nothing.
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
        this.machine.spawn(statement);
        return;
      case "start": {
        const starting = this.machine.start(statement, scope);
        yield* this.wait({ id, options: () => (starting.result === undefined ? [] : [{ outcome: starting.result }]) });
        return;
      }
      case "started": {
        const task = tasks.get(statement.task)!;
        const refusal = task.starting!.ready(task, id);
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
        if (task === undefined) yield* this.wait({ id, options: () => [{ outcome: DONE }] });
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
      case "shutdown": {
        const supervisor = owners.get(statement.supervisor);
        const { grace, timeout, wait } = statement;
        if (!(supervisor instanceof Supervisor)) {
          if (wait) yield* this.wait({ id, options: () => [{ outcome: DONE }] });
          return;
        }
        const waiter = supervisor.shutDown(grace, timeout ?? Infinity, scope);
        if (wait) yield* this.cuttable(id, () => waiter.report && { value: waiter.report });
        return;
      }
      case "scope":
      case "timeout":
      case "moveOnAfter":
        yield* this.#limit(statement);
        return;
      case "group":
      case "supervisor": {
        const own = tree.make(id, scope);
        const { limit, fatal = false } = statement;
        const begin = (task: Task): void => {
          this.machine.beginTask(task);
        };
        const owner =
          statement.do === "group"
            ? new Group(own, limit, agenda, tree, begin)
            : new Supervisor(fatal, own, limit, agenda, tree, begin);
        owners.set(id, owner);
        this.machine.begin(id, statement.body, own, (outcome) => {
          owner.endBody(outcome);
        });
        yield* this.wait({
          id,
          options: () =>
            owner.isOver && tree.passed(own) === undefined ? owner.outcomes().map((outcome) => ({ outcome })) : [],
          over: () => {
            own.close();
          },
        });
      }
    }
  }

  /** A body in a scope: S14, O1, O3, O4, O7. */
  *#limit(statement: Limit): Steps {
    const { agenda, tree } = this.machine;
    const { id, ms } = statement;
    const around = statement.do === "scope" && statement.signal ? tree.follow(id, this.scope) : this.scope;
    const scope = tree.make(id, around, statement.do === "scope" && statement.shield);
    if (ms !== null) tree.setDeadline(scope, agenda.now + ms);
    let ended: Outcome | undefined;
    let reasonThen = scope.reason;
    scope.isEnding = () => ended !== undefined;
    this.machine.begin(id, statement.body, scope, (outcome) => {
      ended = outcome;
      reasonThen = scope.reason;
    });
    yield* this.wait({
      id,
      options: () => {
        if (ended === undefined || tree.passed(scope) !== undefined) return [];
        // A cancellation that comes as the body ends may come before its error is looked at, or after.
        const reasons = new Set([reasonThen, scope.reason]);
        return [...reasons].map((reason) => judge(statement, ended!, scope, reason));
      },
      over: () => {
        this.scope.followers.delete(id);
        scope.close();
      },
    });
  }
}
