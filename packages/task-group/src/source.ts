import type { CancelScope } from "@selvage/scope";
import { abandon, describeValue } from "@selvage/scope/lowlevel";

/** Checks that there is something to iterate, and returns how to begin: in the group, to which a source that fails at once belongs. */
export function opener<T>(items: Iterable<T> | AsyncIterable<T>): () => Source<T> {
  const { [Symbol.asyncIterator]: openAsync, [Symbol.iterator]: open } = Object(items) as Partial<
    Iterable<T> & AsyncIterable<T>
  >;
  if (typeof openAsync === "function") return () => new Source(openAsync.call(items as AsyncIterable<T>), true);
  if (typeof open === "function") return () => new Source(open.call(items as Iterable<T>), false);
  throw new TypeError(`map() needs an iterable or an async iterable, got ${describeValue(items)}.`);
}

/**
 * Where items come from, one at a time. It is closed as `for await` closes: once, and neither at its end nor when it has broken.
 *
 * ```
 * state     entered when                                 to close it is to
 * ready     opened, or an item has come                  call `return`, and wait
 * pulling   an asynchronous `next` was called            call `return`, and not wait: it would for a `next` that hangs
 * broken    `next` threw, or came to what is no item     do nothing
 * ```
 */
export class Source<T> {
  readonly #iterator: Iterator<T, unknown> | AsyncIterator<T, unknown>;
  readonly #isAsync: boolean;
  #state: "ready" | "pulling" | "broken" = "ready";

  constructor(iterator: Iterator<T, unknown> | AsyncIterator<T, unknown>, isAsync: boolean) {
    this.#iterator = iterator;
    this.#isAsync = isAsync;
  }

  /** The next item, `undefined` at the end. Abandoned when the scope is cancelled. */
  async next(scope: CancelScope): Promise<{ readonly value: T } | undefined> {
    this.#state = "broken"; // unless an item comes
    const next = this.#iterator.next();
    const step = this.#isAsync ? await this.#pulled(next, scope) : (next as IteratorResult<T, unknown>);
    if (typeof (step as unknown) !== "object" || (step as unknown) === null) {
      throw new TypeError(`The source's next() must return an object, got ${describeValue(step)}.`);
    }
    const item = step.done ? undefined : { value: step.value };
    this.#state = "ready";
    return item;
  }

  async close(): Promise<void> {
    if (this.#state === "broken") return;
    const closed: unknown = this.#iterator.return?.();
    if (this.#state === "pulling") abandon(closed);
    else await closed;
  }

  async #pulled<R>(next: R | PromiseLike<R>, scope: CancelScope): Promise<R> {
    this.#state = "pulling";
    try {
      const step = await scope.race(next as PromiseLike<R>);
      this.#state = "broken"; // still: until the step is seen to be one
      return step;
    } catch (error) {
      if (error !== scope.reason) this.#state = "broken";
      throw error;
    }
  }
}
