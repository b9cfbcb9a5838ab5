/// <reference lib="esnext.disposable" preserve="true" />
import { InvalidStateError } from "@selvage/scope";
import { addMethod, asyncDispose, type Deferred, deferred, Fifo } from "@selvage/scope/internal";

/** The result of a stream function: it is iterated once, and can be disposed of. */
export interface Results<R> extends AsyncIterableIterator<R, undefined, undefined>, AsyncDisposable {
  /**
   * Leaves: cancels what runs, releases the sources, and waits for both. A pending `next()` is done at once.
   *
   * @throws A failure that no `next()` has thrown.
   */
  return(): Promise<IteratorResult<R, undefined>>;
}

/** The side of a stream that makes the results. None of its methods may throw. */
export interface Engine<R> {
  /** Called at the first `next()`, unless the end is known. */
  begin(): void;
  /** Called when a result was read, or is waited for. */
  taken(): void;
  /** Called with each result that will not be read. */
  dropped?(result: R): void;
  /** Called once, when the reader leaves before the end. The promise settles when everything has ended and is released. */
  leave(): Promise<void>;
}

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

/** How a stream has ended. */
interface End {
  /** What a `next()` has to throw; `undefined` if there is nothing, or it was thrown. */
  rejection: { readonly error: unknown } | undefined;
  /** Whether leaving throws it too. */
  readonly isFailure: boolean;
}

/**
 * The iterator of a stream function (I1). Calls of `next` are answered in their order.
 *
 * ```
 * state   entered when                      `next`                                         results that are added
 * idle    made                              begins                                         wait to be read
 * open    the first `next()`                takes a result, or waits for one               answer a call, or wait to be read
 * frozen  it will fail                      waits for the failure                          are dropped
 * ended   finished, or failed               takes a result, then throws, then is done      are dropped
 * left    `return()`, or disposed of        is done                                        are dropped
 * ```
 */
export class Output<R> implements Results<R> {
  readonly #engine: Engine<R>;
  /** The calls of `next` that wait. While there are any, no results wait. */
  readonly #requests = new Fifo<Deferred<IteratorResult<R, undefined>>>();
  readonly #results = new Fifo<R>();
  #hasBegun = false;
  #isIterated = false;
  #isFrozen = false;
  /** Set when there will be no more results. */
  #end: End | undefined = undefined;
  /** Settles when the reader has left, and everything has ended. */
  #leaving: Promise<void> | undefined = undefined;

  constructor(engine: Engine<R>) {
    this.#engine = engine;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    if (this.#leaving !== undefined) return Promise.resolve(DONE);
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    let answer: Promise<IteratorResult<R, undefined>>;
    if (!this.#results.isEmpty) answer = Promise.resolve({ done: false, value: this.#results.shift() });
    else if (this.#end !== undefined) return answerOf(this.#end);
    else answer = this.#request();
    if (isFirst) this.#engine.begin();
    else this.#engine.taken();
    return answer;
  }

  return(): Promise<IteratorResult<R, undefined>> {
    return this.#leave().then(() => DONE);
  }

  [Symbol.asyncIterator](): this {
    if (this.#isIterated) {
      throw new InvalidStateError("This stream is being iterated already. Make a new one for each loop.");
    }
    this.#isIterated = true;
    return this;
  }

  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  /** @internal How many results wait to be read. */
  get _unread(): number {
    return this.#results.size;
  }

  /** @internal Whether a call of `next` waits. */
  get _isWanted(): boolean {
    return !this.#requests.isEmpty;
  }

  /** @internal Adds a result. */
  _push(value: R): void {
    if (this.#isFrozen || this.#end !== undefined) this.#engine.dropped?.(value);
    else if (this.#requests.isEmpty) this.#results.push(value);
    else this.#requests.shift().resolve({ done: false, value });
  }

  /** @internal Drops the oldest result that waits. */
  _dropOldest(): void {
    const result = this.#results.shift();
    this.#engine.dropped?.(result);
  }

  /**
   * @internal There are no more results. Those that wait can still be read; the call after them throws, if there is a rejection.
   *
   * @param isFailure - Whether leaving throws it too. Leaving does not throw a cancellation, because the owner that was cancelled knows.
   */
  _finish(rejection?: { readonly error: unknown }, isFailure: boolean = false): void {
    if (this.#end !== undefined) return;
    const end: End = { rejection, isFailure };
    this.#end = end;
    while (!this.#requests.isEmpty) {
      const request = this.#requests.shift();
      const { rejection: first } = end;
      end.rejection = undefined;
      if (first === undefined) request.resolve(DONE);
      else request.reject(first.error);
    }
  }

  /** @internal It will fail, or end: what waits to be read is dropped. */
  _freeze(): void {
    this.#isFrozen = true;
    while (!this.#results.isEmpty) this._dropOldest();
  }

  /** @internal */
  _dispose(): Promise<void> {
    return this.#leave();
  }

  #request(): Promise<IteratorResult<R, undefined>> {
    const request = deferred<IteratorResult<R, undefined>>();
    this.#requests.push(request);
    return request.promise;
  }

  #leave(): Promise<void> {
    if (this.#leaving !== undefined) return this.#leaving;
    const end = this.#end;
    if (end === undefined) this.#leaving = this.#engine.leave();
    else if (end.isFailure && end.rejection !== undefined) this.#leaving = Promise.reject(end.rejection.error);
    else this.#leaving = Promise.resolve();
    this._freeze();
    this._finish();
    return this.#leaving;
  }
}

addMethod<Output<unknown>>(Output, asyncDispose, function () {
  return this._dispose();
});

/** Answers a call of `next` after the end: it throws once, and is done from then on. */
function answerOf(end: End): Promise<IteratorResult<never, undefined>> {
  const { rejection } = end;
  end.rejection = undefined;
  return rejection === undefined ? Promise.resolve(DONE) : Promise.reject(rejection.error);
}
