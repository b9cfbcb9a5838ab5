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

/** What has been pulled; `undefined` at the end. */
export type Item<T> = { readonly value: T } | undefined;

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

  /** The next item, `undefined` at the end. An asynchronous source is abandoned when the scope is cancelled. */
  next(scope: CancelScope): Item<T> | Promise<Item<T>> {
    this.#state = "broken"; // unless an item comes
    const step = this.#iterator.next();
    return this.#isAsync ? this.#pulled(step, scope) : this.#itemOf(step);
  }

  #itemOf(step: unknown): Item<T> {
    if (typeof step !== "object" || step === null) {
      throw new TypeError(`The source's next() must return an object, got ${describeValue(step)}.`);
    }
    const { done, value } = step as IteratorResult<T, unknown>;
    this.#state = "ready";
    return done ? undefined : { value: value };
  }

  async close(): Promise<void> {
    if (this.#state === "broken") return;
    const closed: unknown = this.#iterator.return?.();
    if (this.#state === "pulling") abandon(closed);
    else await closed;
  }

  async #pulled(next: unknown, scope: CancelScope): Promise<Item<T>> {
    this.#state = "pulling";
    let step: unknown;
    try {
      step = await scope.race(next as PromiseLike<unknown>);
    } catch (error) {
      if (error !== scope.reason) this.#state = "broken";
      throw error;
    }
    this.#state = "broken"; // still: until the step is seen to be one
    return this.#itemOf(step);
  }
}
