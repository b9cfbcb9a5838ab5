import { CancelScope } from "@selvage/scope";
import { checkFunction, functionName, type ItemSource, type LabelledOptions, type MapFunction, runBody } from "@selvage/scope/internal";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/** Calls a function for each item, and cancels the call before. See the tests of I9. */
export function switchMap<T, R>(source: ItemSource<T>, fn: MapFunction<T, R>, options: StreamOptions<NoInfer<T>> = {}): Results<R> {
  return new Switching<T, R>(source, fn, options).output;
}

/** A call that runs. */
interface Call {
  readonly scope: CancelScope;
  /** Settles when it has ended. It never rejects. */
  readonly ended: Promise<void>;
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
    if (this.#next !== undefined) this.drop(this.#next.value);
    this.#next = { value };
    this.#call?.scope.cancel("a newer item has arrived");
    this.#goOn();
  }

  ended(): void {
    this.#hasEnded = true;
    this.#goOn();
  }

  taken(): void {
    this.#goOn();
  }

  protected override ending(): void {
    if (this.#next !== undefined) this.drop(this.#next.value);
    this.#next = undefined;
  }

  protected override stopped(): Promise<void> | undefined {
    return this.#call?.ended;
  }

  #goOn(): void {
    if (!this.isLive) return;
    if (this.#call === undefined && this.#next !== undefined) {
      const { value } = this.#next;
      this.#next = undefined;
      this.#call = this.#start(value);
    }
    if (this.#hasEnded) {
      if (this.#call === undefined) this.finish();
    } else if (this.output.unread === 0) {
      this.pumps[0]!.pull();
    }
  }

  #start(value: T): Call {
    const index = this.#count++;
    const label = { kind: "call", name: functionName(this.#fn) || undefined };
    const scope = new CancelScope({ parent: this.scope, _label: label } as LabelledOptions);
    let isSuperseded = false;
    const running = runBody(scope, () => this.#fn.call(undefined, value, scope, index), undefined, {
      caught: () => {
        isSuperseded = true;
      },
    });
    const ended = running.then(
      (result) => {
        this.#call = undefined;
        // An older answer never follows a newer question.
        if (!isSuperseded && !scope.cancelCalled && this.isLive) this.output.push(result as R);
        this.#goOn();
      },
      (error: unknown) => {
        this.#call = undefined;
        if (this.isLive && error !== this.scope.reason) this.failed(error);
      },
    );
    return { scope, ended };
  }
}
