import type { CancelScope } from "@selvage/scope";
import { describeValue } from "@selvage/scope/internal";

/** Where items come from: an iterable or an async iterable, such as an array, a generator, a Node stream or a web stream. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** Items, or a function of the scope in which they are read that makes them. */
export type ItemSource<T> = Items<T> | ((scope: CancelScope) => Items<T>);

/** What has been pulled; `undefined` at the end. */
export type Item<T> = { readonly value: T } | undefined;

/** Where the steps come from. */
interface Reader {
  next(): unknown;
}

/** One step of ending a reading early. What it returns is waited for. */
type Ending = () => unknown;

/**
 * Checks that there is something to read, and returns a function that opens it. Opening may fail: that is a failure of the reading,
 * not of the caller.
 *
 * @throws {TypeError} If `items` is neither iterable nor a function.
 */
export function opener<T>(items: ItemSource<T>, what: string): (scope: CancelScope) => Source<T> {
  const open = openerOf<T>(items);
  if (open !== undefined) return open;
  if (typeof items === "function") {
    return (scope) => {
      scope.throwIfCancelled(); // no source is made that would not be read
      const made: unknown = (items as (scope: CancelScope) => unknown)(scope);
      const openMade = openerOf<T>(made);
      if (openMade === undefined) throw notIterable(what, made);
      return openMade();
    };
  }
  throw notIterable(what, items);
}

function notIterable(what: string, items: unknown): TypeError {
  return new TypeError(`${what} needs an iterable or an async iterable, got ${describeValue(items)}.`);
}

/** How to open a source, by its shape; `undefined` where it is not one. */
function openerOf<T>(items: unknown): (() => Source<T>) | undefined {
  const shape = Object(items) as Partial<Shapes>;
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: openSync, getReader } = shape;
  // A web stream's own iterator waits for a pending read before it cancels: its reader does not.
  if (typeof getReader === "function") {
    return () => {
      const reader = getReader.call(items);
      const unlock = (): void => {
        reader.releaseLock();
      };
      const cancel = (): unknown => reader.cancel(); // ends a pending read
      return new Source({ next: () => reader.read() }, true, [cancel, unlock], unlock);
    };
  }
  if (typeof openAsync === "function") {
    return () => {
      const reader = openAsync.call(items);
      const { destroy, on } = shape;
      const endings: Ending[] = [];
      if (typeof destroy === "function") {
        // The iterator of a Node stream listens from the first `next` on: an error of a stream that was never read would end the process.
        if (typeof on === "function") endings.push(() => void on.call(items, "error", ignore));
        endings.push(() => {
          const result = destroy.call(items); // before `return`: it ends a pending `next`, for which `return` waits
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
 * Reads items one at a time, and releases their source: once, and neither at its end nor after it has failed. A Node stream is
 * destroyed, a web stream cancelled, and the `return` of any other iterator called.
 *
 * ```
 * state     entered when                                    `release`
 * ready     opened, or an item has come                     releases; the result is to be waited for
 * pulling   an asynchronous `next` was called               releases; the result is abandoned, as it may hang as `next` does
 * over      at the end; `next` threw; an item is not one    does nothing
 * ```
 */
export class Source<T> {
  /** Whether `next` returns a promise of a step. */ readonly isAsync: boolean;
  readonly #reader: Reader;
  readonly #endings: readonly Ending[];
  readonly #atEnd: (() => void) | undefined;
  #state: "ready" | "pulling" | "over" = "ready";

  /**
   * @param endings - What ends the reading early, in this order.
   * @param atEnd - Releases what the reader holds at the end of the source.
   */
  constructor(reader: Reader, isAsync: boolean, endings: readonly Ending[], atEnd?: () => void) {
    this.#reader = reader;
    this.isAsync = isAsync;
    this.#endings = endings;
    this.#atEnd = atEnd;
  }

  /** Asks for the next step, which {@link Source.itemOf} takes once it is there. */
  next(): unknown {
    this.#state = "over"; // where `next` throws
    const step = this.#reader.next();
    if (this.isAsync) this.#state = "pulling";
    return step;
  }

  /** The asynchronous step was rejected. */
  failed(): void {
    this.#state = "over";
  }

  /** The item of a step; `undefined` at the end. */
  itemOf(step: unknown): Item<T> {
    this.#state = "over"; // unless an item comes
    if (typeof step !== "object" || step === null) {
      throw new TypeError(`The source's next() must return an object, got ${describeValue(step)}.`);
    }
    const { done, value } = step as IteratorResult<T, unknown>;
    if (done) {
      this.#atEnd?.();
      return undefined;
    }
    this.#state = "ready";
    return { value };
  }

  /**
   * Ends the reading early: takes every step, whatever the others do, and adds what they throw to `errors`. Returns what is to be waited for, which
   * never rejects.
   */
  release(errors: Set<unknown>): Promise<void> | undefined {
    const state = this.#state;
    if (state === "over") return undefined;
    this.#state = "over";
    const results: unknown[] = [];
    for (const end of this.#endings) {
      try {
        results.push(end());
      } catch (error) {
        errors.add(error);
      }
    }
    if (!this.isAsync) return undefined; // as `for of` does
    const released = Promise.allSettled(results).then((outcomes) => {
      for (const outcome of outcomes) if (outcome.status === "rejected") errors.add(outcome.reason);
    });
    return state === "ready" ? released : undefined;
  }
}
