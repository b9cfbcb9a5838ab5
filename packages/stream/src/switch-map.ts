import { CancelScope } from "@selvage/scope";
import {
  checkFunction,
  type Deferred,
  deferred,
  endScope,
  functionName,
  isCutOf,
  type ItemSource,
  type LabelledOptions,
  type MapFunction,
  runBody,
} from "@selvage/scope/internal";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/**
 * Calls a function for each item, one at a time, and yields the results. When a new item arrives, the call before is cancelled and waited for, and then the
 * next call begins. So an older answer never follows a newer question, as in a search box.
 *
 * While a result waits to be read, no further item is pulled. An item that is superseded before its call begins goes to `undelivered`.
 *
 * The first failure ends it, and the pending `next()` rejects with that error. A call that is cancelled because of a newer item has not failed.
 *
 * **Cancellation**: leaving the loop cancels the call and releases the source, and waits for both. A cancellation of the parent does too, and rejects the
 * pending `next()` with the parent's `CancelledError`.
 *
 * Compare RxJS's `switchMap`, which does not wait for the call before.
 *
 * @param fn - Called with the item, the scope of the call, and the item's index.
 * @throws {TypeError} If an argument is wrong. @throws {ClosedError} From the first `next()`, if the parent is closed.
 * @example
 * ```ts
 * import { type CancelScope, switchMap } from "@selvage/stream";
 *
 * const found: string[] = [];
 * const search = async (text: string, scope: CancelScope) => (await scope.sleep(1), `found ${text}`);
 * for await (const result of switchMap(["s", "se", "sel"], search)) found.push(result);
 * console.assert(found.join() === "found sel");
 * ```
 */
export function switchMap<T, R>(
  source: ItemSource<T>,
  fn: MapFunction<T, R>,
  options: StreamOptions<NoInfer<T>> = {},
): Results<R> {
  return new Switching<T, R>(source, fn, options).output;
}

/** A call that runs, or is about to. */
interface Call {
  /** `undefined` until it is made. */
  scope: CancelScope | undefined;
  /** Resolves when it has ended. It never rejects. */
  readonly ended: Deferred<void>;
}

class Switching<T, R> extends Operator<T, R> {
  readonly #fn: MapFunction<T, R>;
  #call: Call | undefined = undefined;
  /** The item whose turn is next, when the call has ended. */
  #next: { readonly value: T } | undefined = undefined;
  #count = 0;
  #hasEnded = false;

  constructor(source: ItemSource<T>, fn: MapFunction<T, R>, options: StreamOptions<T>) {
    super("switchMap", [source], options);
    checkFunction(fn, "The function to map with");
    this.#fn = fn;
  }

  item(value: T): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    const superseded = this.#next;
    this.#next = { value };
    if (superseded !== undefined) this.drop(superseded.value);
    this.#call?.scope?.cancel("a newer item has arrived");
    this.#goOn();
  }

  ended(): void {
    this.#hasEnded = true;
    this.#goOn();
  }

  taken(): void {
    this.#goOn();
  }

  dropped(): void {}

  protected override ending(): void {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.drop(next.value);
  }

  protected override stopped(): Promise<void> | undefined {
    return this.#call?.ended.promise;
  }

  #goOn(): void {
    if (!this.isLive) return;
    const next = this.#next;
    if (this.#call === undefined && next !== undefined) {
      this.#next = undefined;
      this.#start(next.value);
    }
    if (this.#hasEnded) {
      if (this.#call === undefined) this.finish();
    } else if (this.output._unread === 0) {
      this.pull();
    }
  }

  #start(value: T): void {
    const ended: Deferred<void> = deferred();
    const call: Call = (this.#call = { scope: undefined, ended }); // first, because foreign code may come back meanwhile
    let scope: CancelScope;
    try {
      const label = { kind: "call", name: functionName(this.#fn) || undefined, isNamed: false };
      scope = call.scope = new CancelScope({ parent: this.scope, _label: label } as LabelledOptions);
    } catch (error) {
      this.#end(call);
      this.drop(value);
      this.failed(error); // a clock that throws (C1)
      return;
    }
    if (!this.isLive || this.#next !== undefined) {
      endScope(scope, true); // an observer has left the loop, or a newer item has arrived: the call does not begin
      this.#end(call);
      this.drop(value);
      this.#goOn();
      return;
    }
    const index = this.#count++;
    let isSuperseded = false;
    const hooks = {
      caught: () => {
        isSuperseded = true;
      },
    };
    runBody(scope, () => this.#fn.call(undefined, value, scope, index), undefined, hooks).then(
      (result) => {
        this.#end(call);
        if (!isSuperseded && !scope.cancelCalled && this.isLive) this.output._push(result as R);
        this.#goOn();
      },
      (error: unknown) => {
        this.#end(call);
        if (!isCutOf(this.scope, error)) this.failed(error);
      },
    );
  }

  #end(call: Call): void {
    this.#call = undefined;
    call.ended.resolve();
  }
}
