import type { CancelScope } from "../cancel-scope.js";
import { ExceptionGroup } from "../error/exception-group.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { isCutOf } from "../run/absorb.js";
import { checkFunction, checkParentOptions } from "../support/arguments.js";
import { deferred, subscribe } from "../support/deferred.js";
import { functionName } from "../support/function-name.js";
import { dispose } from "../support/symbols.js";
import { enter } from "../tree/enclosing.js";
import { releaseSource } from "./release-source.js";
import { type Item, type ItemSource, opener, type Source } from "./source.js";
import type { Task } from "./task.js";
import type { TaskOwner } from "./task-owner.js";
import type { DerivedNameOptions, Indexed, TaskOwnerOptions } from "./task-policy.js";

/** The function that is called for each item, with the item, the child's scope, and the item's index. */
export type MapFunction<T, R> = (item: T, scope: CancelScope, index: number) => R | PromiseLike<R>;

/** The options of functions that make a call for every item. */
export interface MapOptions<T> extends TaskOwnerOptions {
  /** Called with each item that was pulled and for which the function was never called. An error that it throws is reported as uncaught. */
  readonly undelivered?: ((item: T) => void) | undefined;
}

/** Awaited before another call begins, so that all tasks that end in the same step are seen first. One of them may have failed. */
const endOfStep = Promise.resolve();

/** Calls a function for every item of a source. Each call is a task. Items are pulled no faster than the tasks end (T12). */
export class Feed<T> {
  /** Opens the source. */
  readonly #open: (scope: CancelScope) => Source<T>;
  readonly #fn: MapFunction<T, unknown>;
  /** The option; `undefined` if it was not given. */
  readonly #undelivered: ((item: T) => void) | undefined;
  /** The options of the tasks: the name of the function. */
  readonly #name: DerivedNameOptions;
  /** The items for which the function was not called when their task was made, because the task is queued under a shared limit. */
  readonly #uncalled = new Map<CancelScope, T>();
  /** The scope in which the function was called last. */
  #called: CancelScope | undefined = undefined;
  /** How many calls have begun. It is also the index of the next item. */
  #count = 0;
  /** The owner of the tasks; `undefined` until `run` is called. */
  #owner: TaskOwner | undefined = undefined;
  /** The source; `undefined` until it is opened, and once no further items are pulled. */
  #source: Source<T> | undefined = undefined;
  /** The source, also once no further items are pulled: a step may still arrive. `undefined` until it is opened. */
  #reading: Source<T> | undefined = undefined;
  /** Whether the source has ended by itself. Then it does not have to be released. */
  #isExhausted = false;
  /** The error because of which no further items are pulled; `undefined` if there is none. */
  #failure: { readonly error: unknown } | undefined = undefined;
  /** Whether a step of an asynchronous source is awaited. */
  #isPulling = false;
  /** Whether a wake-up is scheduled. */
  #isWakeUpScheduled = false;
  /** Resolved when no further items are pulled. It never rejects, so that it need not be awaited. */
  readonly #ended = deferred<undefined>();

  /** Whether there is room for a further call; `undefined` if only the limit of the owner counts. */
  readonly #mayPull: (() => boolean) | undefined;

  /**
   * @param mayPull - Whether there is room for a further call, if not only the limit of the owner counts.
   * @throws {TypeError} If an argument or option is wrong.
   */
  constructor(
    what: string,
    items: ItemSource<T>,
    fn: MapFunction<T, unknown>,
    options: MapOptions<T>,
    mayPull?: () => boolean,
  ) {
    this.#mayPull = mayPull;
    checkFunction(fn, "The function to map with");
    this.#open = opener(items, what);
    checkParentOptions(options);
    this.#undelivered = options.undelivered;
    if (this.#undelivered !== undefined) checkFunction(this.#undelivered, "undelivered");
    this.#fn = fn;
    this.#name = { name: functionName(fn), _isDerived: true };
  }

  /** How many calls have begun. */
  get count(): number {
    return this.#count;
  }

  /** The index of a task's item. Call it when the task has ended. If the function was not called for it, the item is passed on. */
  indexOf(task: Task<unknown>): number {
    if (this.#uncalled.size > 0 && this.#uncalled.has(task.scope)) {
      const item = this.#uncalled.get(task.scope) as T;
      this.#uncalled.delete(task.scope);
      this.#returnItem(item);
    }
    return (task as Task<unknown> & Indexed)._index;
  }

  /**
   * Pulls items until the source ends, fails, or the owner is cancelled. In the latter cases it releases the source, and throws the source's error
   * or the owner's `CancelledError`.
   */
  async run(owner: TaskOwner): Promise<void> {
    this.#owner = owner;
    const { scope } = owner;
    const source = enter(scope, this.#open, scope);
    this.#source = this.#reading = source;
    let registration: Disposable | undefined;
    try {
      registration = scope.onCancel(() => {
        this.#end();
      });
    } catch (error) {
      this.#end({ error }); // a clock that throws (C1)
    }
    this.#pull();
    await this.#ended.promise;
    registration?.[dispose]();
    if (this.#isExhausted) return;
    const errors = new Set<unknown>();
    if (this.#failure !== undefined) errors.add(this.#failure.error);
    await releaseSource(source, scope, errors);
    if (errors.size > 0) throw errors.size === 1 ? [...errors][0] : new ExceptionGroup("a source failed", errors);
    scope.throwIfCancelled();
  }

  /** Schedules a wake-up. Called when a task has ended, because there may be room for another call. */
  wake(): void {
    if (this.#isWakeUpScheduled || this.#source === undefined) return;
    this.#isWakeUpScheduled = true;
    void endOfStep.then(this.#wakeUp);
  }

  readonly #wakeUp = (): void => {
    this.#isWakeUpScheduled = false;
    this.#pull();
  };

  /** Pulls items while there is room for further calls. */
  #pull(): void {
    const owner = this.#owner!;
    try {
      while (this.#source !== undefined && !this.#isPulling && this.#hasRoom(owner) && !owner.scope.cancelled) {
        const source: Source<T> = this.#source;
        const step = source.next();
        if (source.isAsync) this.#await(step);
        else this.#take(source.itemOf(step));
      }
    } catch (error) {
      this.#end({ error });
    }
  }

  #hasRoom(owner: TaskOwner): boolean {
    return hasRoom(owner) && this.#mayPull?.() !== false;
  }

  /** Waits for a step of an asynchronous source. If the step hangs, this is pending until the step is garbage-collected. */
  #await(step: unknown): void {
    this.#isPulling = true;
    void subscribe(step, this.#arrived, this.#rejected);
  }

  readonly #arrived = (step: unknown): void => {
    this.#isPulling = false;
    try {
      this.#take(this.#reading!.itemOf(step));
    } catch (error) {
      this.#end({ error });
    }
    this.#pull();
  };

  readonly #rejected = (error: unknown): void => {
    this.#isPulling = false;
    this.#reading!.failed();
    this.#end({ error });
  };

  /** Makes a call for an item, or ends at the end of the source. */
  #take(item: Item<T>): void {
    if (item === undefined) {
      this.#isExhausted ||= this.#source !== undefined;
      this.#end();
      return;
    }
    const index = this.#count;
    let task: Task<unknown>;
    try {
      task = this.#owner!.createTask((scope) => this.#call(item.value, scope, index), this.#name);
    } catch (error) {
      // The owner was cancelled, perhaps by its deadline after the step, or has finished, or its clock has thrown (C1).
      this.#returnItem(item.value);
      if (!isCutOf(this.#owner!.scope, error)) this.#end({ error });
      return;
    }
    this.#count++;
    (task as Task<unknown> & Indexed)._index = index;
    if (this.#called !== task.scope) this.#uncalled.set(task.scope, item.value);
  }

  /** Calls the function for an item, when its task has its turn. */
  #call(item: T, scope: CancelScope, index: number): unknown {
    this.#called = scope;
    if (this.#uncalled.delete(scope)) this.wake(); // other code has released a permit, and there may be more
    return this.#fn.call(undefined, item, scope, index);
  }

  /** Stops pulling. */
  #end(failure?: { readonly error: unknown }): void {
    if (this.#source === undefined) return;
    this.#source = undefined;
    this.#failure = failure;
    this.#ended.resolve(undefined);
  }

  /** Passes an item to `undelivered`. */
  #returnItem(item: T): void {
    try {
      this.#undelivered?.call(undefined, item);
    } catch (error) {
      reportUncaught(error);
    }
  }
}

/** Whether a further call would start at once. For a shared limit this is unknown, so one call may be queued under it. */
function hasRoom({ limit, size, queued }: TaskOwner): boolean {
  return typeof limit === "number" ? size < limit : queued === 0;
}
