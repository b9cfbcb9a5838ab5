/// <reference lib="esnext.disposable" preserve="true" />
import { InvalidStateError } from "@selvage/scope";
import { addMethod, asyncDispose, type Deferred, deferred, Fifo } from "@selvage/scope/internal";

/** The result of a stream function: it is iterated once, and can be disposed of. */
export interface Results<R> extends AsyncIterableIterator<R, undefined, undefined>, AsyncDisposable {
  /** Leaves: cancels what runs, releases the sources, and waits for both. */
  return(): Promise<IteratorResult<R, undefined>>;
}

/** The side of a stream that makes the results. */
export interface Engine {
  /** Called once, at the first `next()`. It must not throw. */
  begin(): void;
  /** Called when a result was read, or is waited for. It must not throw. */
  taken(): void;
  /** Called with each result that waited and will not be read. It must not throw. */
  dropped?(result: never): void;
  /** Called once, when the reader leaves. The promise settles when everything has ended and is released. */
  leave(): Promise<void>;
}

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/**
 * The iterator of a stream function (I1). Calls of `next` are answered in their order.
 *
 * ```
 * state   entered when                                what happens
 * idle    made                                        nothing has started
 * open    the first `next()`                          results are answers, or wait to be read
 * ended   the engine has ended, or the reader leaves  results that wait can still be read, unless it has failed or the reader has left
 * ```
 */
export class Output<R> implements Results<R> {
  /** The calls of `next` that wait. Then no results wait. */
  readonly #requests = new Fifo<Deferred<IteratorResult<R, undefined>>>();
  readonly #results = new Fifo<R>();
  #engine: Engine | undefined;
  #hasBegun = false;
  #isIterated = false;
  /** Set when there will be no more results. */
  #end: { error: unknown } | undefined = undefined;
  /** Settles when the reader has left, and everything has ended. */
  #leaving: Promise<void> | undefined = undefined;

  /** @internal The engine is set before the first call. */
  set engine(engine: Engine) {
    this.#engine = engine;
  }

  /** How many results wait to be read. */
  get unread(): number {
    return this.#results.size;
  }

  /** Whether a call of `next` waits. */
  get isWanted(): boolean {
    return !this.#requests.isEmpty;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#leaving !== undefined) return Promise.resolve(DONE);
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      const request = this.#request();
      this.#engine!.begin();
      return request;
    }
    if (!this.#results.isEmpty) {
      const value = this.#results.shift();
      this.#engine!.taken();
      return Promise.resolve({ done: false, value });
    }
    const end = this.#end;
    if (end !== undefined) return this.#answerEnd(end);
    const request = this.#request();
    this.#engine!.taken();
    return request;
  }

  return(): Promise<IteratorResult<R, undefined>> {
    return this.#leave().then(() => DONE);
  }

  [Symbol.asyncIterator](): this {
    if (this.#isIterated) throw new InvalidStateError("This stream is being iterated already: make a new one for each loop.");
    this.#isIterated = true;
    return this;
  }

  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal */
  _dispose(): Promise<void> {
    return this.#leave();
  }

  /** Adds a result. */
  push(value: R): void {
    if (this.#end !== undefined || this.#leaving !== undefined) return;
    if (this.#requests.isEmpty) this.#results.push(value);
    else this.#requests.shift().resolve({ done: false, value });
  }

  /** There are no more results. Those that wait can still be read. */
  finish(): void {
    if (this.#end !== undefined) return;
    this.#end = { error: undefined };
    while (!this.#requests.isEmpty) this.#requests.shift().resolve(DONE);
  }

  /** It has failed, or was cancelled: the next call rejects, ahead of results that wait. */
  fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#drop();
    this.#end = { error };
    if (this.#requests.isEmpty) return;
    const request = this.#requests.shift();
    this.#end = { error: undefined };
    request.reject(error);
    while (!this.#requests.isEmpty) this.#requests.shift().resolve(DONE);
  }

  #request(): Promise<IteratorResult<R, undefined>> {
    const request = deferred<IteratorResult<R, undefined>>();
    this.#requests.push(request);
    return request.promise;
  }

  #answerEnd(end: { error: unknown }): Promise<IteratorResult<R, undefined>> {
    const { error } = end;
    end.error = undefined; // it is thrown once
    return error === undefined ? Promise.resolve(DONE) : Promise.reject(error);
  }

  #drop(): void {
    while (!this.#results.isEmpty) {
      const result = this.#results.shift();
      this.#engine!.dropped?.(result as never);
    }
  }

  #leave(): Promise<void> {
    if (this.#leaving !== undefined) return this.#leaving;
    if (!this.#hasBegun || this.#end !== undefined) {
      this.#hasBegun = true;
      this.#leaving = Promise.resolve();
    } else {
      this.#leaving = this.#engine!.leave();
    }
    this.#drop();
    while (!this.#requests.isEmpty) this.#requests.shift().resolve(DONE);
    return this.#leaving;
  }
}

addMethod<Output<unknown>>(Output, asyncDispose, function () {
  return this._dispose();
});
