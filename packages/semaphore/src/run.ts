import { CancelScope } from "@selvage/scope";
import {
  functionName,
  keepHot,
  type LabelledOptions,
  RETHROW,
  runBody,
  type RunHooks,
  type WaitScope,
} from "@selvage/scope/internal";
import type { ScopeLabel } from "@selvage/scope/lowlevel";
import { Request } from "./request.js";
import type { Semaphore } from "./semaphore.js";

/** One call of `run` of a semaphore, and the label of its scope. */
export class Run<T> implements ScopeLabel {
  readonly #semaphore: Semaphore;
  readonly #fn: (scope: CancelScope) => T | PromiseLike<T>;
  readonly #n: number;
  /** The scope in which it waits, and then calls the function. */
  #scope: CancelScope | undefined = undefined;
  /** Whether it holds its permits. */
  #isHolding = false;

  constructor(semaphore: Semaphore, fn: (scope: CancelScope) => T | PromiseLike<T>, n: number) {
    this.#semaphore = semaphore;
    this.#fn = fn;
    this.#n = n;
  }

  get name(): string | undefined {
    return functionName(this.#fn) || undefined;
  }

  get isNamed(): boolean {
    return false; // it has the name of its function
  }

  get kind(): string {
    return "run";
  }

  get holding(): string | undefined {
    return this.#isHolding ? this.#semaphore._holding(this.#n) : undefined;
  }

  /** How many permits of a semaphore it holds. */
  heldOf(semaphore: Semaphore): number {
    return this.#isHolding && semaphore === this.#semaphore ? this.#n : 0;
  }

  /** Takes the permits, calls the function, and gives the permits back. */
  in(parent: WaitScope): Promise<T> {
    const scope = (this.#scope = new CancelScope({ parent, _label: this } as LabelledOptions));
    return runBody(scope, begin, this as Run<unknown>, HOOKS) as Promise<T>;
  }

  /** @internal */
  _begin(): T | PromiseLike<T> {
    if (this.#semaphore._take(this.#n)) return this.#call();
    const request = new Request<undefined>(this.#semaphore, this.#scope!, this.#n, nothing);
    return this.#semaphore._wait(request).then(() => this.#call());
  }

  #call(): T | PromiseLike<T> {
    const scope = this.#scope!;
    this.#isHolding = true; // first: what was taken is given back in any case
    this.#semaphore._runs++;

    scope.throwIfCancelled();
    return this.#fn.call(undefined, scope);
  }

  /** @internal */
  _ended(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#semaphore._runs--;

    this.#semaphore._give(this.#n);
  }
}

const HOOKS: RunHooks<Run<unknown>> = {
  ...RETHROW,
  ended(run) {
    run._ended();
  },
};

function begin(run: Run<unknown>): unknown {
  return run._begin();
}

function nothing(): undefined {
  return undefined;
}

keepHot(() => new Run(undefined!, nothing, 1));
