import type { What } from "../trace.js";
import { type Fault, isCancellation, type Outcome, textOf, Thrown } from "./fault.js";
import type { Machine } from "./machine.js";
import type { Scope } from "./tree.js";

/** A wait of a thread. */
export interface Wait {
  readonly id: number;
  /** Its label in events. */
  readonly what: What;
  /** When to check again, if time alone can end the wait. */
  readonly due?: number | undefined;
  /** The ways in which the wait may end now. */
  options(): readonly Way[];
  /** Whether the wait is not needed, which leaves no event. */
  isVain?(): boolean;
  /** Called as soon as the thread has continued. */
  over?(): void;
}

export interface Way {
  readonly outcome: Outcome;
  readonly flags?: string;
}

interface Cut {
  /** When time alone ends the wait. */
  readonly due?: number | undefined;
  /** Its error, if it is not the scope's reason. */
  readonly abort?: Fault | undefined;
}

export type Steps<T = void> = Generator<Wait, T, Outcome>;

export const DONE: Outcome = { value: undefined };

/**
 * Runs the function of one thread from wait to wait.
 *
 * Between waits it runs synchronously. But when a wait ends, its promise settles first, and the thread continues a
 * microtask later. Until its next event the thread is *fresh*, and something else may come in between.
 */
export abstract class Thread {
  protected readonly machine: Machine;
  protected readonly scope: Scope;
  protected isFresh = false;

  constructor(machine: Machine, scope: Scope) {
    this.machine = machine;
    this.scope = scope;
  }

  /** A wait that the scope's cancellation interrupts, at once if the scope is already cancelled (S12). */
  protected *cuttable(id: number, ready: () => Outcome | undefined, { due, abort }: Cut = {}): Steps {
    const scope = this.scope;
    this.machine.tree.look(scope);
    const refused = scope.reason !== undefined;
    yield* this.wait({
      id,
      due: refused ? undefined : due,
      options: () => {
        const outcome = refused ? undefined : ready();
        return outcome === undefined ? cuts(scope, abort) : [{ outcome }, ...cuts(scope, abort)];
      },
    });
  }

  protected *wait(wait: Omit<Wait, "what">): Steps {
    const outcome = yield { what: "resumed", ...wait };
    this.isFresh = true;
    if ("fault" in outcome) throw new Thrown(outcome.fault);
  }

  /** Catches failures, or everything. */
  protected *catch(id: number, error: Thrown, everything: boolean): Steps {
    const { agenda, tree } = this.machine;
    const { fault } = error;
    const isCut = (): boolean => !everything && isCancellation(fault, this.scope.reason);
    if (this.isFresh) {
      // Checks when the thread continues, not before.
      const options = (): Way[] =>
        !everything && tree.passed(this.scope) !== undefined ? [] : [{ outcome: { fault } }];
      if (!isCut()) yield { id, what: "caught", options, isVain: isCut };
      if (isCut()) throw error;
      this.isFresh = false;
      return;
    }
    if (!everything) tree.look(this.scope);
    if (isCut()) throw error;
    agenda.mustCome(id, "caught", `! ${textOf(fault)}`);
  }

  /** An event that the program records when it reaches a statement. */
  protected *event(id: number, what: What): Steps {
    if (this.isFresh) yield { id, what, options: () => [{ outcome: DONE }] };
    else this.machine.agenda.mustCome(id, what, "");
    this.isFresh = false;
  }
}

/** How a wait in the scope ends if the scope is cancelled. */
export function cuts({ reason }: Scope, abort?: Fault): { outcome: { fault: Fault } }[] {
  return reason === undefined ? [] : [{ outcome: { fault: abort ?? reason } }];
}
