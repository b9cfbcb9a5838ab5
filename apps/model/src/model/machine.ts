import type { Block, Program, Statement } from "../program.js";
import { type Fault, type Outcome, textOf, textOfOutcome, Thrown } from "./fault.js";
import { Interpreter } from "./interpreter.js";
import { endOf, type Owner, type Task } from "./owner.js";
import { type Option, Agenda } from "./agenda.js";
import { Starting } from "./starting.js";
import { Supervisor } from "./supervisor.js";
import type { Wait } from "./thread.js";
import { Undecided } from "./undecided.js";
import { Scope, Tree } from "./tree.js";

interface Thread {
  readonly steps: Generator<Wait, Outcome, Outcome>;
  readonly wait: Wait;
  readonly end: (outcome: Outcome) => void;
}

/** A thread whose function has come to its end, which its promise has yet to tell. */
interface Ending {
  readonly id: number;
  readonly outcome: Outcome;
  readonly end: (outcome: Outcome) => void;
}

/**
 * An executable model of the rules: it knows at any point which events may come next, and goes on from the one that does.
 *
 * Threads run one after another, each from one wait to the next at a stroke. Whatever is due at one time comes in any order,
 * and before time moves on; what a rule promises to happen in the same breath comes at once (`Agenda`).
 */
export class Machine {
  readonly agenda: Agenda = new Agenda();
  readonly tree: Tree = new Tree(this.agenda);
  readonly tasks: Map<number, Task> = new Map<number, Task>();
  readonly owners: Map<number, Owner> = new Map<number, Owner>();
  readonly #threads = new Set<Thread>();
  readonly #endings = new Set<Ending>();
  /** Tasks that have not ended, abandoned ones included. */ readonly #live = new Set<Task>();

  constructor({ body }: Program) {
    const root: Block = [{ do: "scope", id: 0, ms: null, shield: false, body }];
    const steps = new Interpreter(this, new Scope(-1, undefined)).run(-1, root);
    this.#advance({ steps, end: () => {} }, steps.next());
  }

  /** Whether everything has ended. */
  get isOver(): boolean {
    return this.#threads.size === 0 && this.#endings.size === 0 && this.#live.size === 0;
  }

  /** What may happen now, besides what must come next. */
  options(): Option[] {
    this.#endHidden();
    this.#goOn();
    const options: Option[] = [...this.agenda.optional];
    for (const thread of this.#threads) options.push(...this.#resumptions(thread));
    for (const ending of this.#endings) options.push(this.#end(ending));
    for (const owner of new Set(this.#passedDeadlines())) options.push(this.#expiry(owner));
    for (const task of this.#live) options.push(...this.#ends(task));
    for (const owner of this.owners.values()) options.push(...owner.options());
    return options;
  }

  /** When time alone brings about something new. */
  nextDue(): number {
    const dues = [...this.#threads].map(({ wait }) => wait.due ?? Infinity);
    for (const { closed, reason, deadline } of this.tree.scopes.values())
      if (!closed && reason === undefined) dues.push(deadline);
    for (const supervisor of this.#supervisors()) dues.push(supervisor.timeoutEnds);
    return dues.reduce((next, due) => (due > this.agenda.now ? Math.min(next, due) : next), Infinity);
  }

  moveTo(time: number): void {
    this.agenda.moveTo(time);
    const abandoning = this.#supervisors().filter(({ timeoutEnds }) => timeoutEnds <= time);
    if (abandoning.length === 0) return;
    // The end of the grace at that time is one of them: tasks that it cancels may end first.
    if (abandoning.length > 1 || this.options().length > 0)
      throw new Undecided("abandoned, or ended at that very time");
    abandoning[0]!.abandonAll();
  }

  /** Starts a thread, which runs up to its first wait. */
  begin(id: number, body: Block, scope: Scope, end: (outcome: Outcome) => void): void {
    this.tree.look(scope);
    this.agenda.mustCome(id, "began", scope.reason === undefined ? "" : "cancelled");
    if (!scope.watched) this.tree.watch(scope);
    const steps = new Interpreter(this, scope).run(id, body);
    const ended = (outcome: Outcome): void => {
      this.#endings.add({ id, outcome, end });
    };
    this.#advance({ steps, end: ended }, steps.next());
  }

  /** K1, T6, V3. */
  spawn({ id, owner: ownerId, body }: Extract<Statement, { do: "spawn" }>): void {
    const owner = this.owners.get(ownerId)!;
    const refusal = this.#refusalOf(owner);
    if (refusal !== undefined) throw new Thrown(refusal);
    this.#createTask(id, owner, body, undefined);
  }

  /** T10. */
  start({ id, owner: ownerId, scoped, body }: Extract<Statement, { do: "start" }>, scope: Scope): Starting {
    const owner = this.owners.get(ownerId)!;
    const starting = new Starting(id, this.tree, scoped ? scope : undefined);
    if (scoped) this.tree.look(scope);
    const refusal = (scoped ? scope.reason : undefined) ?? this.#refusalOf(owner);
    if (refusal !== undefined) starting.result = { fault: refusal };
    else this.#createTask(id, owner, body, starting);
    return starting;
  }

  /** Why an owner takes no task. */
  #refusalOf(owner: Owner): Fault | undefined {
    if (owner.refusal !== undefined) return owner.refusal;
    if (owner.scope.closed) return { kind: "closed" };
    if (owner.isOver) throw new Undecided("an abandoned task creates a sibling of its owner, as that finishes");
    this.tree.look(owner.scope);
    return owner.scope.reason;
  }

  #createTask(id: number, owner: Owner, body: Block, starting: Starting | undefined): void {
    const task: Task = {
      id,
      owner,
      scope: this.tree.make(id, owner.scope),
      body,
      state: "queued",
      outcome: undefined,
      starting,
      status: undefined,
      abandoned: false,
    };
    this.#live.add(task);
    this.tasks.set(id, task);
    starting?.follow(task.scope);
    if (owner.admit(task)) this.beginTask(task);
    else if (!isHidden(task)) this.#watchQueued(task);
  }

  #watchQueued({ id, scope }: Task): void {
    this.agenda.mustCome(id, "queued", "");
    this.tree.watch(scope);
  }

  /** Starts a task, which runs up to its first wait. */
  beginTask(task: Task): void {
    task.state = "running";
    this.begin(task.id, task.body, task.scope, (outcome) => {
      task.outcome = outcome;
      task.starting?.functionEnded(task);
      task.state = "ended";
    });
  }

  #advance(thread: Omit<Thread, "wait">, { done, value }: IteratorResult<Wait, Outcome>): void {
    if (done) thread.end(value);
    else this.#threads.add({ ...thread, wait: value });
  }

  /** Lets go on what need not wait after all. */
  #goOn(): void {
    for (const thread of this.#threads) {
      if (thread.wait.isVain?.() !== true) continue;
      this.#threads.delete(thread);
      this.#advance(thread, thread.steps.next({ value: undefined }));
    }
  }

  /** Ends the tasks whose end nothing shows: they were never called. */
  #endHidden(): void {
    for (const task of this.#live) {
      if (task.state !== "dropped" || !isHidden(task) || task.starting?.isLate === true) continue;
      this.#live.delete(task);
      task.owner.end(task);
    }
  }

  #end(ending: Ending): Option {
    const { id, outcome, end } = ending;
    const happen = (): void => {
      this.#endings.delete(ending);
      end(outcome);
    };
    return { id, what: "ended", detail: textOfOutcome(outcome), happen };
  }

  #resumptions(thread: Thread): Option[] {
    const { steps, wait } = thread;
    return wait.options().map(({ outcome, flags = "" }) => ({
      id: wait.id,
      what: wait.what,
      detail: wait.what === "does" ? "" : textOfOutcome(outcome) + flags,
      happen: () => {
        this.#threads.delete(thread);
        wait.over?.();
        this.#advance(thread, steps.next(outcome));
      },
    }));
  }

  /** Of each timer of a deadline that may fire: whose deadline owns the cancellation (C1). */
  *#passedDeadlines(): Generator<Scope> {
    for (const scope of this.tree.scopes.values()) {
      const owner = scope.deadline <= this.agenda.now ? this.tree.passed(scope) : undefined;
      if (owner !== undefined) yield owner;
    }
  }

  #expiry(owner: Scope): Option {
    const detail = textOf(this.tree.expiryOf(owner));
    const happen = (): void => {
      this.tree.expire(owner);
      this.agenda.take({ at: this.agenda.now, id: owner.id, what: "cancelled", detail });
    };
    return { id: owner.id, what: "cancelled", detail, happen };
  }

  #ends(task: Task): Option[] {
    const { id, scope, owner, state } = task;
    if (state !== "ended" && (state !== "dropped" || isHidden(task))) return [];
    if (this.tree.passed(scope) !== undefined) return [];
    const happen = (): void => {
      this.#live.delete(task);
      owner.end(task);
    };
    return [{ id, what: "done", detail: isHidden(task) ? "" : endOf(task), happen }];
  }

  #supervisors(): Supervisor[] {
    return [...this.owners.values()].filter((owner) => owner instanceof Supervisor);
  }
}

/** Whether the program has no handle of a task: one that is started in a group. It sees its end from within, if it is called. */
function isHidden({ starting, owner }: Task): boolean {
  return starting !== undefined && !(owner instanceof Supervisor);
}
