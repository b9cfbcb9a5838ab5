import type { Block, Statement } from "../program.js";
import type { What } from "../trace.js";
import { type Fault, isCancellation, type Outcome, textOf, textOfOutcome, Thrown } from "./fault.js";
import { Group } from "./group.js";
import { judge, type Limit } from "./limit.js";
import type { Machine } from "./machine.js";
import type { Task } from "./owner.js";
import { Supervisor } from "./supervisor.js";
import type { Scope } from "./tree.js";
import { Undecided } from "./undecided.js";

/** What a thread waits for. */
export interface Wait {
  readonly id: number;
  /** What it means when it goes on. */
  readonly what: What;
  /** When to ask again, if time alone can bring it about. */
  readonly due?: number | undefined;
  /** How it may go on now. */
  options(): readonly Way[];
  /** Whether it need not wait after all, for which there is no event. */
  isVain?(): boolean;
  /** To be called as soon as it has gone on. */
  over?(): void;
}

interface Way {
  readonly outcome: Outcome;
  readonly flags?: string;
}

interface Cut {
  /** When time alone ends the wait. */
  readonly due?: number | undefined;
  /** What it fails with, if not with the scope's reason. */
  readonly abort?: Fault | undefined;
}

type Steps<T = void> = Generator<Wait, T, Outcome>;

const DONE: Outcome = { value: undefined };

/** Thrown for a `return`. */
class Returned extends Error {
  readonly value: number;

  constructor(value: number) {
    super(`return ${value}`);
    this.value = value;
  }
}

/**
 * Interprets the function of one thread, from wait to wait.
 *
 * What it does, it does at once. But when a wait is over, its promise settles first, and the thread goes on a microtask later: until
 * its next event it is *fresh*, and something else may come between.
 */
export class Interpreter {
  readonly #machine: Machine;
  readonly #scope: Scope;
  #isFresh = false;

  constructor(machine: Machine, scope: Scope) {
    this.#machine = machine;
    this.#scope = scope;
  }

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
          yield* this.#catch(id, error, statement.everything);
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
        yield* this.#event(id, "does");
        yield* this.#do(statement);
    }
  }

  *#do(statement: Exclude<Statement, { do: "fail" | "return" | "try" | "attempt" }>): Steps {
    const { stage, tree, tasks, owners } = this.#machine;
    const scope = this.#scope;
    const { id } = statement;
    switch (statement.do) {
      case "sleep": {
        const due = stage.now + statement.ms;
        const abort: Fault | undefined = statement.signal ? { kind: "abort" } : undefined;
        // At equal times the deadline wins (C1); what waits by a signal is other code, which checks nothing.
        const isOver = (): boolean =>
          stage.now >= due && (statement.signal === true || tree.passed(scope) === undefined);
        yield* this.#cuttable(id, () => (isOver() ? DONE : undefined), { due, abort });
        return;
      }
      case "work": {
        const due = stage.now + statement.ms;
        yield* this.#wait({ id, due, options: () => (stage.now >= due ? [{ outcome: DONE }] : []) });
        return;
      }
      case "checkpoint": {
        const wasCancelled = scope.reason !== undefined || tree.passed(scope) !== undefined;
        const goesOn: Way[] = wasCancelled ? [] : [{ outcome: DONE }];
        yield* this.#wait({ id, options: () => [...goesOn, ...cuts(scope)] });
        return;
      }
      case "check":
        tree.look(scope);
        if (scope.reason !== undefined) throw new Thrown(scope.reason);
        return;
      case "spawn":
        this.#machine.spawn(statement);
        return;
      case "start": {
        const starting = this.#machine.start(statement, scope);
        yield* this.#wait({ id, options: () => (starting.result === undefined ? [] : [{ outcome: starting.result }]) });
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
          stage.mustCome(id, "resumed", textOfOutcome({ fault }));
          this.#isFresh = true;
          throw new Thrown(fault);
        }
        tree.look(scope);
        const idler = scope.reason === undefined ? owner.idle(scope) : undefined;
        yield* this.#cuttable(id, () => (idler?.isOver === true ? DONE : undefined));
        return;
      }
      case "await": {
        const task = tasks.get(statement.task);
        if (task === undefined) yield* this.#wait({ id, options: () => [{ outcome: DONE }] });
        else yield* this.#cuttable(id, () => (task.state === "done" ? task.outcome : undefined));
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
        tree.moveDeadline(target, statement.ms === null ? Infinity : stage.now + statement.ms);
        return;
      }
      case "shutdown": {
        const supervisor = owners.get(statement.supervisor);
        const { grace, timeout, wait } = statement;
        if (!(supervisor instanceof Supervisor)) {
          if (wait) yield* this.#wait({ id, options: () => [{ outcome: DONE }] });
          return;
        }
        const waiter = supervisor.shutDown(grace, timeout ?? Infinity, scope);
        if (wait) yield* this.#cuttable(id, () => waiter.report && { value: waiter.report });
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
          this.#machine.beginTask(task);
        };
        const owner =
          statement.do === "group"
            ? new Group(own, limit, stage, tree, begin)
            : new Supervisor(fatal, own, limit, stage, tree, begin);
        owners.set(id, owner);
        this.#machine.begin(id, statement.body, own, (outcome) => {
          owner.endBody(outcome);
        });
        yield* this.#wait({
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
    const { stage, tree } = this.#machine;
    const { id, ms } = statement;
    const around = statement.do === "scope" && statement.signal ? tree.follow(id, this.#scope) : this.#scope;
    const scope = tree.make(id, around, statement.do === "scope" && statement.shield);
    if (ms !== null) tree.setDeadline(scope, stage.now + ms);
    let ended: Outcome | undefined;
    let reasonThen = scope.reason;
    scope.isEnding = () => ended !== undefined;
    this.#machine.begin(id, statement.body, scope, (outcome) => {
      ended = outcome;
      reasonThen = scope.reason;
    });
    yield* this.#wait({
      id,
      options: () => {
        if (ended === undefined || tree.passed(scope) !== undefined) return [];
        // A cancellation that comes as the body ends may come before its error is looked at, or after.
        const reasons = new Set([reasonThen, scope.reason]);
        return [...reasons].map((reason) => judge(statement, ended!, scope, reason));
      },
      over: () => {
        this.#scope.followers.delete(id);
        scope.close();
      },
    });
  }

  /** A wait that the scope's cancellation cuts short, at once where it is cancelled already (S12). */
  *#cuttable(id: number, ready: () => Outcome | undefined, { due, abort }: Cut = {}): Steps {
    const scope = this.#scope;
    this.#machine.tree.look(scope);
    const refused = scope.reason !== undefined;
    yield* this.#wait({
      id,
      due: refused ? undefined : due,
      options: () => {
        const outcome = refused ? undefined : ready();
        return outcome === undefined ? cuts(scope, abort) : [{ outcome }, ...cuts(scope, abort)];
      },
    });
  }

  *#wait(wait: Omit<Wait, "what">): Steps {
    const outcome = yield { what: "resumed", ...wait };
    this.#isFresh = true;
    if ("fault" in outcome) throw new Thrown(outcome.fault);
  }

  /** Catches failures, or everything. */
  *#catch(id: number, error: Thrown, everything: boolean): Steps {
    const { stage, tree } = this.#machine;
    const { fault } = error;
    const isCut = (): boolean => !everything && isCancellation(fault, this.#scope.reason);
    if (this.#isFresh) {
      // Asks when it goes on, and not before.
      const options = (): Way[] =>
        !everything && tree.passed(this.#scope) !== undefined ? [] : [{ outcome: { fault } }];
      if (!isCut()) yield { id, what: "caught", options, isVain: isCut };
      if (isCut()) throw error;
      this.#isFresh = false;
      return;
    }
    if (!everything) tree.look(this.#scope);
    if (isCut()) throw error;
    stage.mustCome(id, "caught", `! ${textOf(fault)}`);
  }

  /** Something that the program sees when it comes to it. */
  *#event(id: number, what: What): Steps {
    if (this.#isFresh) yield { id, what, options: () => [{ outcome: DONE }] };
    else this.#machine.stage.mustCome(id, what, "");
    this.#isFresh = false;
  }
}

function cuts({ reason }: Scope, abort?: Fault): { outcome: { fault: Fault } }[] {
  return reason === undefined ? [] : [{ outcome: { fault: abort ?? reason } }];
}
