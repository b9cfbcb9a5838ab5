import type { Block, Run, Statement } from "../program.js";
import type { Agenda, Option } from "./agenda.js";
import type { Choices } from "./choices.js";
import { type Fault, type Outcome, Thrown } from "./fault.js";
import type { Owner } from "./owner.js";
import { Restarter } from "./restarter.js";
import { Runs } from "./runs.js";
import { Starting } from "./starting.js";
import { Supervisor } from "./supervisor.js";
import { endOf, type Task } from "./task.js";
import type { Scope, Tree } from "./tree.js";
import { Undecided } from "./undecided.js";

/** The part of the machine that tasks need. */
export interface Host {
  readonly agenda: Agenda;
  readonly tree: Tree;
  readonly choices: Choices;
  readonly owners: ReadonlyMap<number, Owner>;
  /** Starts a thread, which runs up to its first wait. */
  begin(id: number, body: Block, scope: Scope, end: (outcome: Outcome) => void): void;
}

type Created = Extract<Statement, { do: "spawn" | "start" }>;

/** The tasks of a machine, from the statement that creates one to its end. */
export class Tasks {
  readonly #host: Host;
  readonly #restarter: Restarter;
  readonly #byId = new Map<number, Task>();
  /** The starts of tasks and runs, by the id of the task or run. */
  readonly #starting = new Map<number, Task>();
  /** The tasks that have not ended, abandoned ones included. */ readonly #live = new Set<Task>();

  constructor(host: Host) {
    this.#host = host;
    this.#restarter = new Restarter(host);
  }

  get(id: number): Task | undefined {
    return this.#byId.get(id);
  }

  get areOver(): boolean {
    return this.#live.size === 0;
  }

  /** K1, T6, V3. */
  spawn(statement: Created): void {
    const owner = this.#host.owners.get(statement.owner)!;
    const refusal = this.#refusalOf(owner);
    if (refusal !== undefined) throw new Thrown(refusal);
    const task = this.#createTask(statement, owner, undefined);
    this.#keep(task);
  }

  /** T10. */
  start(statement: Extract<Created, { do: "start" }>, scope: Scope): Starting {
    const { id, scoped } = statement;
    const { tree, owners } = this.#host;
    const owner = owners.get(statement.owner)!;
    const starting = new Starting(id, tree, scoped ? scope : undefined);
    if (scoped) tree.look(scope);
    const refusal = (scoped ? scope.reason : undefined) ?? this.#refusalOf(owner);
    if (refusal !== undefined) starting.result = { fault: refusal };
    else this.#createTask(statement, owner, starting);
    return starting;
  }

  /** A task or a run of it reports that it is ready (T10). Returns the error if that throws. */
  ready(id: number, value: number): Fault | undefined {
    const task = this.#starting.get(id)!;
    return task.starting!.ready(task, id, value);
  }

  /** Starts a task, which runs up to its first wait. */
  begin(task: Task): void {
    if (task.starting !== undefined && !isHidden(task)) task.kept = true;
    if (task.runs !== undefined) {
      this.#keep(task);
      this.#restarter.beginRun(task);
      return;
    }
    task.state = "running";
    this.#host.begin(task.id, task.body, task.scope, (outcome) => {
      task.outcome = outcome;
      task.starting?.functionEnded();
      task.state = "ended";
    });
  }

  /** The events that may happen to tasks by themselves. */
  *options(): Generator<Option> {
    for (const task of this.#live) {
      yield* this.#restarter.options(task);
      yield* this.#ends(task);
    }
  }

  /** The times at which something new becomes possible. */
  *dues(): Generator<number> {
    for (const { state, runs } of this.#live) if (state === "between") yield runs!.restartsAt!;
  }

  /** Ends the tasks whose end is hidden, because they were never called. */
  endHidden(): void {
    for (const task of this.#live) {
      if (task.state !== "dropped" || !isHidden(task) || task.starting?.isLate === true) continue;
      this.#live.delete(task);
      task.owner.end(task);
    }
  }

  /** Why an owner refuses a task. */
  #refusalOf(owner: Owner): Fault | undefined {
    if (owner.refusal !== undefined) return owner.refusal;
    if (owner.scope.closed) return { kind: "closed" };
    if (owner.isOver) throw new Undecided("an abandoned task creates a sibling of its owner, as that finishes");
    this.#host.tree.look(owner.scope);
    return owner.scope.reason;
  }

  #createTask(statement: Created, owner: Owner, starting: Starting | undefined): Task {
    const { id, body, placement = { stage: 0, grace: null }, restart } = statement;
    const { agenda, tree, choices } = this.#host;
    const bodies = body as readonly Run[];
    const task: Task = {
      id,
      owner,
      scope: tree.make(id, owner.scope),
      body,
      placement,
      runs: restart && new Runs(restart, bodies, agenda, choices),
      state: "queued",
      outcome: undefined,
      starting,
      status: undefined,
      abandoned: false,
      kept: false,
      takesTurn: () => this.#restarter.takesTurn(task),
    };
    this.#live.add(task);
    this.#byId.set(id, task);
    this.#starting.set(id, task);
    if (restart !== undefined) for (const run of bodies) this.#starting.set(run.id, task);
    starting?.follow(task.scope);
    if (owner.admit(task)) this.begin(task);
    else if (!isHidden(task)) this.#watchQueued(task);
    return task;
  }

  #watchQueued(task: Task): void {
    this.#host.agenda.mustCome(task.id, "queued", "");
    this.#keep(task);
  }

  /** The program gets a reference to a task, and listens for its cancellation. */
  #keep(task: Task): void {
    const { scope } = task;
    task.kept = true;
    if (scope.watched) return;
    this.#host.tree.look(scope);
    this.#host.tree.watch(scope);
  }

  #ends(task: Task): Option[] {
    const { id, scope, owner, state } = task;
    if (state !== "ended" && (state !== "dropped" || isHidden(task))) return [];
    if (this.#host.tree.passed(scope) !== undefined) return [];
    const happen = (): void => {
      this.#live.delete(task);
      owner.end(task);
    };
    return [{ id, what: "done", detail: isHidden(task) ? "" : endOf(task), happen }];
  }
}

/** Whether the program has no reference to a task, because it is started in a group. The program sees its end from within, if it runs. */
function isHidden({ starting, owner }: Task): boolean {
  return starting !== undefined && !(owner instanceof Supervisor);
}
