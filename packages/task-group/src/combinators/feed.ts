import { type CancelScope, ExceptionGroup, type Task } from "@selvage/scope";
import {
  enter,
  checkFunction,
  checkOptions,
  deferred,
  dispose,
  endScope,
  functionName,
  isCutOf,
  reasonOf,
  reportUncaught,
  siblingScope,
} from "@selvage/scope/internal";
import { type TaskOptions, type TaskOwner } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "../task-group.js";
import { type Item, type ItemSource, opener, type Source } from "./source.js";

/** What is called for an item: with the item, the child's scope, and the item's index. */
export type MapFunction<T, R> = (item: T, scope: CancelScope, index: number) => R | PromiseLike<R>;

/** The options of what calls a function for every item. */
export interface MapOptions<T> extends TaskGroupOptions {
  /** Called with each item that was pulled and for which the function was never called. What it throws is reported as uncaught. */
  readonly undelivered?: ((item: T) => void) | undefined;
}

/** Tasks that end in the same step are all seen before another call begins: one of them may have failed. */
const endOfStep = Promise.resolve();

/** Calls a function for every item of a source, each call a task, and pulls no faster than the tasks end (T12). */
export class Feed<T> {
  readonly #open: (scope: CancelScope) => Source<T>;
  readonly #fn: MapFunction<T, unknown>;
  readonly #undelivered: ((item: T) => void) | undefined;
  readonly #name: TaskOptions;
  /** The index of each call that has not ended. */ readonly #indices = new Map<Task<unknown>, number>();
  #count = 0;
  #owner: TaskOwner | undefined = undefined;
  /** `undefined` unless it is being read. */ #source: Source<T> | undefined = undefined;
  /** The items have come to their end. */ #isRead = false;
  /** Why nothing more is pulled, where that is an error. */ #failure: { readonly error: unknown } | undefined =
    undefined;
  /** A step of an asynchronous source is awaited. */ #isPulling = false;
  /** A look for room is scheduled. */ #isWoken = false;
  /** Resolved when nothing more is pulled. It never rejects, so that nothing has to await it. */
  readonly #over = deferred<undefined>();

  /** @throws {TypeError} If an argument or option is wrong. */
  constructor(what: string, items: ItemSource<T>, fn: MapFunction<T, unknown>, options: MapOptions<T>) {
    checkFunction(fn, "The function to map with");
    this.#open = opener(items, what);
    checkOptions(options);
    this.#undelivered = options.undelivered;
    if (this.#undelivered !== undefined) checkFunction(this.#undelivered, "undelivered");
    this.#fn = fn;
    this.#name = { name: functionName(fn) };
  }

  /** How many calls have begun. */
  get count(): number {
    return this.#count;
  }

  /** The index of a task's item. Call it once, when the task has ended. */
  indexOf(task: Task<unknown>): number {
    const index = this.#indices.get(task)!;
    this.#indices.delete(task);
    return index;
  }

  /**
   * Pulls until the source ends or the owner is cancelled, and releases the source in that case. Throws the source's error, or the
   * owner's `CancelledError` where the source was left early.
   */
  async run(owner: TaskOwner): Promise<void> {
    this.#owner = owner;
    const { scope } = owner;
    const source = enter(scope, this.#open, scope);
    this.#source = source;
    let registration: Disposable | undefined;
    try {
      registration = scope.onCancel(() => {
        this.#end();
      });
    } catch (error) {
      this.#end({ error }); // a clock that throws (C1)
    }
    this.#pull();
    await this.#over.promise;
    registration?.[dispose]();
    if (this.#isRead) return;
    const errors = new Set<unknown>();
    if (this.#failure !== undefined) errors.add(this.#failure.error);
    await release(source, scope, errors);
    if (errors.size > 0) throw errors.size === 1 ? [...errors][0] : new ExceptionGroup("a source failed", errors);
    scope.throwIfCancelled();
  }

  /** A task has ended: there may be room. */
  wake(): void {
    if (this.#isWoken || this.#source === undefined) return;
    this.#isWoken = true;
    void endOfStep.then(this.#look);
  }

  readonly #look = (): void => {
    this.#isWoken = false;
    this.#pull();
  };

  #pull(): void {
    const owner = this.#owner!;
    try {
      while (this.#source !== undefined && !this.#isPulling && hasRoom(owner) && !owner.scope.cancelled) {
        const source: Source<T> = this.#source;
        const step = source.next();
        if (source.isAsync) void this.#receive(source, step);
        else this.#take(source.itemOf(step));
      }
    } catch (error) {
      this.#end({ error });
    }
  }

  /** Never rejects. It outlives the call where the step hangs, and is collected with the step. */
  async #receive(source: Source<T>, step: unknown): Promise<void> {
    this.#isPulling = true;
    try {
      const item = source.itemOf(await step);
      this.#isPulling = false;
      this.#take(item);
    } catch (error) {
      source.failed();
      this.#end({ error });
    }
    this.#pull();
  }

  #take(item: Item<T>): void {
    if (item === undefined) {
      this.#isRead ||= this.#source !== undefined;
      this.#end();
      return;
    }
    const index = this.#count;
    let task: Task<unknown>;
    try {
      task = this.#owner!.createTask((scope) => this.#fn.call(undefined, item.value, scope, index), this.#name);
    } catch (error) {
      // The owner was cancelled, perhaps by its deadline since the step, or has finished; or its clock has thrown (C1).
      this.#return(item.value);
      if (!isCutOf(this.#owner!.scope, error)) this.#end({ error });
      return;
    }
    this.#count++;
    this.#indices.set(task, index);
  }

  /** Nothing more is pulled. */
  #end(failure?: { readonly error: unknown }): void {
    if (this.#source === undefined) return;
    this.#source = undefined;
    this.#failure = failure;
    this.#over.resolve(undefined);
  }

  #return(item: T): void {
    try {
      this.#undelivered?.call(undefined, item);
    } catch (error) {
      reportUncaught(error);
    }
  }
}

/** Whether a further call would start at once. A shared limit does not say, so that one call may be queued under it. */
function hasRoom({ limit, size, queued }: TaskOwner): boolean {
  return typeof limit === "number" ? size < limit : queued === 0;
}

/** Releases a source that was left early. Waits for that until an outer owner cancels or the time of the call is up. Adds what fails to `errors`. */
async function release(source: Source<unknown>, scope: CancelScope, errors: Set<unknown>): Promise<void> {
  const released = source.release(errors);
  if (released === undefined) return;
  let outer: CancelScope | undefined;
  try {
    outer = siblingScope(scope);
    outer.deadline = scope.deadline; // `within`, which limits the whole call (V10)
    await outer.race(released);
  } catch (error) {
    if (outer === undefined || error !== reasonOf(outer)) errors.add(error); // a clock that throws (C1)
  }
  const failure = outer && endScope(outer, true);
  if (failure !== undefined) errors.add(failure);
}
