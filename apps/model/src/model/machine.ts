import type { Block, Program } from "../program.js";
import { Agenda, type Option } from "./agenda.js";
import { Choices } from "./choices.js";
import { type Outcome, textOf, textOfOutcome } from "./fault.js";
import { Interpreter } from "./interpreter.js";
import type { Owner } from "./owner.js";
import { Supervisor } from "./supervisor.js";
import { Tasks } from "./tasks.js";
import type { Wait } from "./thread.js";
import { Scope, Tree } from "./tree.js";

interface Thread {
  readonly steps: Generator<Wait, Outcome, Outcome>;
  readonly wait: Wait;
  readonly end: (outcome: Outcome) => void;
}

/** A thread whose function has ended, but whose promise has not settled yet. */
interface Ending {
  readonly id: number;
  readonly outcome: Outcome;
  readonly end: (outcome: Outcome) => void;
}

/**
 * An executable model of the rules: it knows at any point which events may come next, and continues with the one that
 * comes.
 *
 * Threads run one after another, each from one wait to the next without interruption. Events that are due at one time
 * come in any order, before time moves. Consequences that a rule promises synchronously come at once (`Agenda`).
 * Hidden events happen between two events of their time; `Choices` decide between which.
 */
export class Machine {
  readonly agenda: Agenda = new Agenda();
  readonly tree: Tree = new Tree(this.agenda);
  readonly owners: Map<number, Owner> = new Map<number, Owner>();
  readonly choices: Choices;
  readonly tasks: Tasks;
  readonly #threads = new Set<Thread>();
  readonly #endings = new Set<Ending>();

  constructor({ body }: Program, choices: Choices = new Choices()) {
    this.choices = choices;
    this.tasks = new Tasks(this);
    const root: Block = [{ do: "scope", id: 0, ms: null, shield: false, body }];
    const steps = new Interpreter(this, new Scope(-1, undefined)).run(-1, root);
    this.#advance({ steps, end: () => {} }, steps.next());
  }

  /** Whether everything has ended. */
  get isOver(): boolean {
    return this.#threads.size === 0 && this.#endings.size === 0 && this.tasks.areOver;
  }

  /** The events that may happen now, besides those that must come next. */
  options(): Option[] {
    this.tasks.endHidden();
    this.#goOn();
    const options: Option[] = [...this.agenda.optional];
    for (const thread of this.#threads) options.push(...this.#resumptions(thread));
    for (const ending of this.#endings) options.push(this.#end(ending));
    for (const owner of new Set(this.#passedDeadlines())) options.push(this.#expiry(owner));
    options.push(...this.tasks.options());
    for (const owner of this.owners.values()) options.push(...owner.options());
    return options;
  }

  /** Lets shutdowns whose time is over abandon their tasks, which is a hidden event: when the choices say so, or before time moves. */
  giveUp(all: boolean): void {
    for (const { shutdown } of this.#supervisors()) {
      if (this.agenda.next !== undefined) return;
      if (shutdown === undefined || shutdown.timeoutEnds > this.agenda.now) continue;
      if (all || this.choices.choose()) shutdown.giveUp();
    }
  }

  /** The times at which something new becomes possible. */
  nextDue(): number {
    const dues = [...this.#threads].map(({ wait }) => wait.due ?? Infinity);
    for (const { closed, reason, deadline } of this.tree.scopes.values())
      if (!closed && reason === undefined) dues.push(deadline);
    for (const supervisor of this.#supervisors()) dues.push(supervisor.shutdown?.timeoutEnds ?? Infinity);
    dues.push(...this.tasks.dues());
    return dues.reduce((next, due) => (due > this.agenda.now ? Math.min(next, due) : next), Infinity);
  }

  /** Starts a thread, which runs up to its first wait. */
  begin(id: number, body: Block, scope: Scope, end: (outcome: Outcome) => void, begun: () => void = () => {}): void {
    this.tree.look(scope);
    this.agenda.mustCome(id, "began", scope.reason === undefined ? "" : "cancelled");
    begun();
    if (!scope.watched) this.tree.watch(scope);
    const steps = new Interpreter(this, scope).run(id, body);
    const ended = (outcome: Outcome): void => {
      this.#endings.add({ id, outcome, end });
    };
    this.#advance({ steps, end: ended }, steps.next());
  }

  #advance(thread: Omit<Thread, "wait">, { done, value }: IteratorResult<Wait, Outcome>): void {
    if (done) thread.end(value);
    else this.#threads.add({ ...thread, wait: value });
  }

  /** Continues threads that do not need to wait. */
  #goOn(): void {
    for (const thread of this.#threads) {
      if (thread.wait.isVain?.() !== true) continue;
      this.#threads.delete(thread);
      this.#advance(thread, thread.steps.next({ value: undefined }));
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

  /** For each timer of a deadline that may fire, the scope whose deadline owns the cancellation (C1). */
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

  #supervisors(): Supervisor[] {
    return [...this.owners.values()].filter((owner) => owner instanceof Supervisor);
  }
}
