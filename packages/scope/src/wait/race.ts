import type { CancelScope } from "../cancel-scope.js";
import { look } from "../time/deadline.js";
import { deferred, linkStack, subscribe } from "../support/deferred.js";
import { keepHot } from "../support/keep-hot.js";
import { Wait } from "./wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/** Waits in a live scope for a promise, for the scope's cancellation, or for its end: whichever comes first (S12). */
export function raceIn<T>(scope: CancelScope, promise: PromiseLike<T>): Promise<T> {
  const racer = new Racer<T>(scope);
  addWaiter(racer);
  hubOf(promise).add(racer as Racer<unknown>); // reads its `then`, which may cancel or close the scope: the racer is there by now
  return racer.promise;
}

/**
 * Everyone who races one promise. A promise keeps every callback until it settles, and a scope lives long: so a promise gets
 * one callback, and a racer that is done is taken from both lists. `Promise.race` retains each loser for as long as the promise lives.
 */
class RaceHub {
  readonly racers: Set<Racer<unknown>> = new Set<Racer<unknown>>();
  /** Fulfilled once all racers are settled; `undefined` once the stack of the first is linked to it. */
  #settled: Promise<unknown> | undefined;

  constructor(promise: unknown) {
    this.#settled = subscribe(
      promise,
      (value: unknown) => {
        this.#settle(promise, (racer) => {
          racer.resolve(value);
        });
      },
      (error) => {
        this.#settle(promise, (racer) => {
          racer.reject(error);
        });
      },
    );
  }

  add(racer: Racer<unknown>): void {
    this.racers.add(racer);
    racer.hub = this;
    if (this.#settled === undefined) return;
    // Not directly: the hub's promise may live long, and would retain a racer that leaves.
    const between = deferred<undefined>();
    linkStack(between.promise, racer.resolve);
    linkStack(this.#settled, between.resolve);
    racer.unlink = between.resolve;
    this.#settled = undefined;
  }

  #settle(promise: unknown, settle: (racer: Racer<unknown>) => void): void {
    hubs.delete(promise as object);
    for (const racer of this.racers) {
      const { scope } = racer;
      if (scope === undefined) continue; // a listener of an earlier racer has ended its scope
      let failure: { readonly error: unknown } | undefined;
      try {
        look(scope); // what ends a wait checks the scope of the waiter first (C1)
      } catch (error) {
        failure = { error };
      }
      if (racer.scope === undefined) continue; // the check has cancelled it
      removeWaiter(racer);
      if (failure === undefined) settle(racer);
      else racer.reject(failure.error);
    }
    this.racers.clear();
  }
}

const hubs = new WeakMap<object, RaceHub>();

function hubOf(promise: unknown): RaceHub {
  if ((typeof promise !== "object" || promise === null) && typeof promise !== "function") return new RaceHub(promise);
  let hub = hubs.get(promise);
  if (hub === undefined) hubs.set(promise, (hub = new RaceHub(promise)));
  return hub;
}

class Racer<T> extends Wait<T> {
  hub: RaceHub | undefined = undefined;
  readonly resolve: (value: T) => void;
  /** Resolves the promise between the hub's and this one's, whose stacks it links (E8). Only the hub's first racer has it. */
  unlink: ((value: undefined) => void) | undefined = undefined;

  constructor(scope: CancelScope) {
    const result = deferred<T>();
    super(scope, result);
    this.resolve = result.resolve;
  }

  override leave(): void {
    this.hub?.racers.delete(this as Racer<unknown>);
    this.unlink?.(undefined);
  }
}

keepHot(() => new Racer(undefined!));
