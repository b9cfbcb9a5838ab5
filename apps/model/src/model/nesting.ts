import type { Statement } from "../program.js";
import type { Outcome } from "./fault.js";
import { Group } from "./group.js";
import { judge, type Limit } from "./limit.js";
import { Supervisor } from "./supervisor.js";
import type { Task } from "./task.js";
import { type Steps, Thread } from "./thread.js";

/** The statements that run a body as another thread: in a scope with a limit, and in an owner of tasks. */
export abstract class Nesting extends Thread {
  /** A body in a scope: S14, O1, O3, O4, O7. */
  protected *limit(statement: Limit): Steps {
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
        // A cancellation that comes when the body ends may come before or after its error is checked.
        const reasons = new Set([reasonThen, scope.reason]);
        return [...reasons].map((reason) => judge(statement, ended!, scope, reason));
      },
      over: () => {
        this.scope.followers.delete(id);
        scope.close();
      },
    });
  }

  /** A body with a new owner of tasks. */
  protected *owner(statement: Extract<Statement, { do: "group" | "supervisor" }>): Steps {
    const { agenda, tree, choices, owners, tasks } = this.machine;
    const { id, limit, fatal = false, drain } = statement;
    const own = tree.make(id, this.scope, drain !== undefined);
    const begin = (task: Task): void => {
      tasks.begin(task);
    };
    const owner =
      statement.do === "group"
        ? new Group(own, limit, agenda, tree, begin)
        : new Supervisor(fatal, choices, own, limit, agenda, tree, begin);
    owners.set(id, owner);
    if (drain !== undefined && owner instanceof Supervisor) owner.drainWith(this.scope, drain);
    const ended = (outcome: Outcome): void => {
      owner.endBody(outcome);
    };
    this.machine.begin(id, statement.body, own, ended, () => {
      if (owner instanceof Supervisor) owner.watch();
    });
    yield* this.wait({
      id,
      options: () =>
        owner.isOver && tree.passed(own) === undefined ? owner.outcomes().map((outcome) => ({ outcome })) : [],
      over: () => {
        this.scope.followers.delete(owner);
        own.close();
      },
    });
  }
}
