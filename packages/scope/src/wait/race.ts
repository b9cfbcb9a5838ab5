import type { CancelScope } from "../cancel-scope.js";
import { look } from "../time/look.js";
import { deferred, linkStack, subscribe } from "../support/deferred.js";
import { keepHot } from "../support/keep-hot.js";
import { Wait } from "./wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/** Waits in a live scope until a promise settles, or the scope is cancelled or closed (S12). */
export function raceIn<T>(scope: CancelScope, promise: PromiseLike<T>): Promise<T> {
  const racer = new Racer<T>(scope);
  addWaiter(racer);
  hubOf(promise).add(racer as Racer<unknown>); // after `addWaiter`, because reading the promise's `then` may cancel or close the scope
  return racer.promise;
}

/**
 * All pending `race` calls on one promise. A promise keeps every callback until it settles, and both it and a scope may live long. So each promise
 * gets one callback, and a racer that has ended is removed from the lists of the hub and the scope. `Promise.race` would retain each loser for as
 * long as the promise lives.
 */
class RaceHub {
  /** The pending calls, in order. */
  readonly racers: Set<Racer<unknown>> = new Set<Racer<unknown>>();
  /** Fulfilled when all racers are settled; `undefined` once the async stack of the first racer is linked to it. */
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

  /** Adds a racer. The async stack of the hub's first racer is linked to the promise (E8). */
  add(racer: Racer<unknown>): void {
    this.racers.add(racer);
    racer.hub = this;
    if (this.#settled === undefined) return;
    // Linked through a promise in between, because the hub's promise may live long and would retain a racer that has left.
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
      if (scope === undefined) continue; // a listener of an earlier racer's scope has ended this one's scope
      let failure: { readonly error: unknown } | undefined;
      try {
        look(scope); // the end of a wait checks the waiter's scope first (C1)
      } catch (error) {
        failure = { error };
      }
      if (racer.scope === undefined) continue; // the check has cancelled the scope
      removeWaiter(racer);
      if (failure === undefined) settle(racer);
      else racer.reject(failure.error);
    }
    this.racers.clear();
  }
}

/** The hub of each promise that has pending racers. */
const hubs = new WeakMap<object, RaceHub>();

function hubOf(promise: unknown): RaceHub {
  if ((typeof promise !== "object" || promise === null) && typeof promise !== "function") return new RaceHub(promise);
  let hub = hubs.get(promise);
  if (hub === undefined) hubs.set(promise, (hub = new RaceHub(promise)));
  return hub;
}

/** One pending `race` call. */
class Racer<T> extends Wait<T> {
  /** The hub of the promise; `undefined` until the racer is added to it. */
  hub: RaceHub | undefined = undefined;
  /** Settles the call with the promise's value. */
  readonly resolve: (value: T) => void;
  /** Resolves the promise that links the stacks of the hub and the racer (E8); `undefined` except in the hub's first racer. */
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
