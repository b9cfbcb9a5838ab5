import type { What } from "../trace.js";
import { type Fault, isCancellation, type Outcome, textOf, Thrown } from "./fault.js";
import type { Machine } from "./machine.js";
import type { Scope } from "./tree.js";

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

export interface Way {
  readonly outcome: Outcome;
  readonly flags?: string;
}

interface Cut {
  /** When time alone ends the wait. */
  readonly due?: number | undefined;
  /** What it fails with, if not with the scope's reason. */
  readonly abort?: Fault | undefined;
}

export type Steps<T = void> = Generator<Wait, T, Outcome>;

export const DONE: Outcome = { value: undefined };

/**
 * How the function of one thread goes from wait to wait.
 *
 * What it does, it does at once. But when a wait is over, its promise settles first, and the thread goes on a microtask later: until
 * its next event it is *fresh*, and something else may come between.
 */
export abstract class Thread {
  protected readonly machine: Machine;
  protected readonly scope: Scope;
  protected isFresh = false;

  constructor(machine: Machine, scope: Scope) {
    this.machine = machine;
    this.scope = scope;
  }

  /** A wait that the scope's cancellation cuts short, at once where it is cancelled already (S12). */
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
      // Asks when it goes on, and not before.
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

  /** Something that the program sees when it comes to it. */
  protected *event(id: number, what: What): Steps {
    if (this.isFresh) yield { id, what, options: () => [{ outcome: DONE }] };
    else this.machine.agenda.mustCome(id, what, "");
    this.isFresh = false;
  }
}

/** How a wait on the scope ends if it is cancelled. */
export function cuts({ reason }: Scope, abort?: Fault): { outcome: { fault: Fault } }[] {
  return reason === undefined ? [] : [{ outcome: { fault: abort ?? reason } }];
}
