import type { CancelScope } from "../cancel-scope.js";
import { describeValue } from "../support/arguments.js";
import { hasBrand } from "../support/brand.js";

/** A source of items: an iterable or an async iterable, such as an array, a generator, a Node stream or a web stream. */
export type Items<T> = Iterable<T> | AsyncIterable<T> | HasItems<T>;

/** A source of items, or a function that makes one. The function receives the scope in which the items are read. */
export type ItemSource<T> = Items<T> | ((scope: CancelScope) => Items<T>);

/** The mark of what has items for a scope (D2). */
export const HAS_ITEMS = "@selvage/scope/items";

/** What has items for a scope, and the mark {@link HAS_ITEMS}: a channel, or a subscription. */
export interface HasItems<T> {
  items(scope: CancelScope): AsyncIterator<T, unknown>;
}

/** An item that was pulled; `undefined` at the end of the source. */
export type Item<T> = { readonly value: T } | undefined;

/** The iterator or reader of a source. */
interface Reader {
  next(): unknown;
}

/** One step of the release of a source. Its result is waited for. */
type Ending = () => unknown;

/** See {@link Source}. */
type State = "ready" | "calling" | "pulling" | "over";

/**
 * Checks that `items` can be read, and returns a function that opens the source. If opening fails, that is a failure of the source, and not a wrong
 * argument.
 *
 * @throws {TypeError} If `items` is neither iterable nor a function.
 */
export function opener<T>(items: ItemSource<T>, what: string): (scope: CancelScope) => Source<T> {
  const open = openerOf<T>(items);
  if (open !== undefined) return open;
  if (typeof items === "function") {
    return (scope) => {
      scope.throwIfCancelled(); // a source that would not be read is not made
      const made: unknown = (items as (scope: CancelScope) => unknown)(scope);
      const openMade = openerOf<T>(made);
      if (openMade === undefined) throw notIterable(what, made);
      return openMade(scope);
    };
  }
  throw notIterable(what, items);
}

function notIterable(what: string, items: unknown): TypeError {
  return new TypeError(`${what} needs an iterable or an async iterable, got ${describeValue(items)}.`);
}

/** Returns a function that opens a source, depending on its shape; `undefined` if the value is not a source. */
function openerOf<T>(items: unknown): ((scope: CancelScope) => Source<T>) | undefined {
  const shape = Object(items) as Partial<Shapes>;
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: openSync, getReader } = shape;
  if (hasBrand(items, HAS_ITEMS)) {
    return (scope) => {
      const reader = (items as HasItems<unknown>).items(scope);
      return new Source(reader, true, [() => reader.return?.()]);
    };
  }
  // The reader is used, because the iterator of a web stream waits for a pending read before it cancels. The reader does not.
  if (typeof getReader === "function") {
    return () => {
      const reader = getReader.call(items);
      const unlock = (): void => {
        reader.releaseLock();
      };
      const cancel = (): unknown => reader.cancel(); // also ends a pending read
      return new Source({ next: () => reader.read() }, true, [cancel, unlock], unlock);
    };
  }
  if (typeof openAsync === "function") {
    return () => {
      const reader = openAsync.call(items);
      const { destroy, on } = shape;
      const endings: Ending[] = [];
      if (typeof destroy === "function") {
        // The iterator of a Node stream listens for errors only from the first `next`. An error of a stream that was never read would end the
        // process.
        if (typeof on === "function") endings.push(() => void on.call(items, "error", ignore));
        endings.push(() => {
          const result = destroy.call(items); // before `return`, because it ends a pending `next`, for which `return` waits
          return result === items ? undefined : result;
        });
      }
      endings.push(() => reader.return?.());
      return new Source(reader, true, endings);
    };
  }
  if (typeof openSync === "function") {
    return () => {
      const reader = openSync.call(items);
      return new Source(reader, false, [() => reader.return?.()]);
    };
  }
  return undefined;
}

/** The members by which sources are recognised. */
interface Shapes {
  [Symbol.iterator]: () => ItemReader;
  [Symbol.asyncIterator]: () => ItemReader;
  getReader: () => WebReader;
  destroy: () => unknown;
  on: (event: "error", listener: () => void) => unknown;
}

function ignore(): void {}

interface ItemReader extends Reader {
  return?(): unknown;
}

interface WebReader {
  read(): unknown;
  cancel(): unknown;
  releaseLock(): void;
}

/**
 * Reads items one at a time, and releases their source. A Node stream is destroyed, a web stream is cancelled, and the `return` of any other
 * iterator is called. The source is released at most once, and not if it has ended or failed.
 *
 * ```
 * state     entered when                                           `release`
 * ready     the source was opened, or an item has arrived          releases; the result must be waited for
 * calling   code of the source is called: `next`, or a getter      releases as soon as that has returned, unless the source has then ended
 * pulling   an asynchronous `next` was called                      releases; the result is abandoned, because it may hang as `next` does
 * over      the source has ended or failed, or was released        does nothing
 * ```
 */
export class Source<T> {
  /** Whether `next` returns a promise of a step. */
  readonly isAsync: boolean;
  readonly #reader: Reader;
  /** The steps of a release, in order. */
  readonly #endings: readonly Ending[];
  /** Called at the end or the failure of the source; `undefined` if nothing must be done there. */
  readonly #atEnd: (() => void) | undefined;
  /** See the table. */
  #state: State = "ready";
  /** Where the errors of a release go that was asked for while the source was called. */
  #late: Set<unknown> | undefined = undefined;

  /**
   * @param endings - The steps of a release, in order.
   * @param atEnd - Called at the end or the failure of the source.
   */
  constructor(reader: Reader, isAsync: boolean, endings: readonly Ending[], atEnd?: () => void) {
    this.#reader = reader;
    this.isAsync = isAsync;
    this.#endings = endings;
    this.#atEnd = atEnd;
  }

  /** Requests the next step. Pass it, or what its promise resolves to, to {@link Source.itemOf}. */
  next(): unknown {
    this.#state = "calling";
    let state: State = "over"; // if `next` throws
    try {
      const step = this.#reader.next();
      state = this.isAsync ? "pulling" : "calling"; // the step may have getters
      return step;
    } finally {
      this.#called(state);
    }
  }

  /** Called if the promise of a step was rejected. */
  failed(): void {
    const state = this.#state;
    this.#state = "over";
    if (state !== "pulling") return; // it was released meanwhile
    try {
      this.#atEnd?.();
    } catch {
      // The source has failed: that is the error.
    }
  }

  /** Returns the item of a step; `undefined` at the end. */
  itemOf(step: unknown): Item<T> {
    const wasReleased = this.#state === "over";
    this.#state = "calling";
    let state: State = "over"; // unless there is an item
    try {
      const item = this.#read(step);
      if (item !== undefined && !wasReleased) state = "ready";
      return item;
    } finally {
      this.#called(state);
    }
  }

  #read(step: unknown): Item<T> {
    if (typeof step !== "object" || step === null) {
      throw new TypeError(`The source's next() must return an object, got ${describeValue(step)}.`);
    }
    const { done, value } = step as IteratorResult<T, unknown>;
    if (done) {
      this.#atEnd?.();
      return undefined;
    }
    return { value };
  }

  /** Code of the source has returned. A release that it has asked for is done now. */
  #called(state: State): void {
    this.#state = state;
    const errors = this.#late;
    if (errors === undefined || state === "calling") return;
    this.#late = undefined;
    void this.release(errors);
  }

  /**
   * Releases the source early. Every step is taken, even if others throw. Errors are added to `errors`. Returns a promise to wait for, which never
   * rejects; `undefined` if there is nothing to wait for.
   */
  release(errors: Set<unknown>): Promise<void> | undefined {
    const state = this.#state;
    if (state === "over") return undefined;
    if (state === "calling") {
      this.#late = errors;
      return undefined;
    }
    this.#state = "over";
    const results: unknown[] = [];
    for (const end of this.#endings) {
      try {
        results.push(end());
      } catch (error) {
        errors.add(error);
      }
    }
    if (!this.isAsync) return undefined; // the results are ignored, as `for of` does
    const released = Promise.allSettled(results).then((outcomes) => {
      for (const outcome of outcomes) if (outcome.status === "rejected") errors.add(outcome.reason);
    });
    return state === "ready" ? released : undefined;
  }
}
