import { CancelScope, type Clock, ExceptionGroup } from "@selvage/scope";
import {
  cancelAnyway,
  checkClock,
  checkFunction,
  checkParent,
  checkParentOptions,
  dispose,
  endScope,
  enter,
  isCutOf,
  type ItemSource,
  type LabelledOptions,
  opener,
  releaseSource,
  reportUncaught,
  type Source,
} from "@selvage/scope/internal";
import { type Engine, Output } from "./output.js";
import { Pump, type Sink } from "./pump.js";

/** Options of a stream function. */
export interface StreamOptions<T> {
  /** The scope or signal whose cancellation ends it; `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /**
   * Called with each item that was pulled and will not be yielded, because the loop was left, or something failed or was cancelled. An error that it
   * throws is reported as uncaught.
   */
  readonly undelivered?: ((item: T) => void) | undefined;
  /** The clock. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** After how many items the event loop turns. */
const ITEMS_PER_TURN = 1_000;

/**
 * A stream function over one or several sources. It reads them in a scope of its own, which lives from the first `next()` until the end, and releases
 * them when one fails, when it is cancelled, and when the loop is left.
 */
export abstract class Operator<T, R> implements Engine<R>, Sink<T> {
  readonly output: Output<R> = new Output<R>(this);
  readonly #kind: string;
  readonly #openers: readonly ((scope: CancelScope) => Source<T>)[];
  readonly #options: StreamOptions<T>;
  /** The sources that are open; empty until the first `next()`. */
  protected readonly pumps: Pump<T>[] = [];
  #scope: CancelScope | undefined = undefined;
  #registration: Disposable | undefined = undefined;
  /** Settles when everything is released; `undefined` until the end has begun. It never rejects. */
  #ending: Promise<void> | undefined = undefined;
  readonly #errors = new Set<unknown>();
  #pulls = 0;
  /** Whether it waits for the event loop to turn. */
  #isTurning = false;

  constructor(kind: string, sources: readonly ItemSource<T>[], options: StreamOptions<T>) {
    this.#kind = kind;
    this.#openers = sources.map((source) => opener<T>(source, `${kind}()`));
    checkParentOptions(options);
    checkParent(options.parent);
    checkClock(options.clock);
    if (options.undelivered !== undefined) checkFunction(options.undelivered, "undelivered");
    this.#options = options;
  }

  /** Its scope, once it has begun. */
  protected get scope(): CancelScope {
    return this.#scope!;
  }

  /** Whether it has begun and its end has not. */
  protected get isLive(): boolean {
    return this.#scope !== undefined && this.#ending === undefined;
  }

  begin(): void {
    const { parent, clock } = this.#options;
    let scope: CancelScope | undefined;
    try {
      scope = new CancelScope({ parent, clock, _label: { kind: this.#kind, name: undefined } } as LabelledOptions);
      this.#scope = scope;
      for (const open of this.#openers) {
        scope.throwIfCancelled();
        this.pumps.push(new Pump(enter(scope, open, scope), this, this.pumps.length));
      }
      this.#registration = scope.onCancel(() => {
        this.#cut();
      });
    } catch (error) {
      if (scope === undefined) this.output._finish({ error });
      else if (isCutOf(scope, error)) this.#cut();
      else this.failed(error);
      return;
    }
    this.opened();
  }

  /** Called when the sources are open. */
  protected opened(): void {
    for (const pump of this.pumps) if (this.isLive) pump.pull();
  }

  /** Asks the only source for the next item. After many items the event loop turns, or a source that always has one would stop all timers. */
  protected pull(): void {
    if (!this.isLive || this.#isTurning) return;
    if (++this.#pulls % ITEMS_PER_TURN !== 0) {
      this.pumps[0]!.pull();
      return;
    }
    this.#isTurning = true;
    this.scope.checkpoint().then(
      () => {
        this.#isTurning = false;
        this.pull();
      },
      () => {}, // cancelled
    );
  }

  abstract item(value: T, index: number): void;
  abstract ended(index: number): void;
  abstract taken(): void;
  abstract dropped(result: R): void;

  /** Called when the end begins: timers are cleared, and items that are held go to `undelivered`. */
  protected ending(): void {}

  /** Waits for what runs in the scope, which is cancelled. Must not reject. */
  protected stopped(): Promise<void> | undefined {
    return undefined;
  }

  /** Fails. What waits to be read is dropped, unless `isEarly` is false. */
  failed(error: unknown, isEarly: boolean = true): void {
    this.#errors.add(error);
    void this.#end(isEarly);
  }

  /** Everything has been yielded, or waits to be read. */
  protected finish(): void {
    void this.#end(false);
  }

  async leave(): Promise<void> {
    if (this.#scope === undefined) return;
    await this.#end(true);
    if (this.#errors.size > 0) throw this.#failure();
  }

  #cut(): void {
    void this.#end(true);
  }

  /** Passes an item on that was pulled and is not yielded. */
  protected drop(item: T): void {
    try {
      this.#options.undelivered?.call(undefined, item);
    } catch (error) {
      reportUncaught(error);
    }
  }

  /** Begins the end, if it has not begun. `isEarly`: what waits to be read is dropped. */
  #end(isEarly: boolean): Promise<void> {
    return (this.#ending ??= this.#release(isEarly));
  }

  async #release(isEarly: boolean): Promise<void> {
    const scope = this.#scope!;
    const { reason } = scope;
    const open = this.pumps.filter((pump) => !pump.isOver);
    for (const pump of open) pump.stop(); // first: a source that reads in the scope rejects when it is cancelled
    if (isEarly) this.output._freeze();
    this.#registration?.[dispose]();
    this.ending();
    cancelAnyway(scope, "the stream has ended");
    await Promise.all([this.stopped(), ...open.map(({ source }) => releaseSource(source, scope, this.#errors))]);
    const leftOpen = endScope(scope, true);
    if (leftOpen !== undefined) this.#errors.add(leftOpen);
    if (this.#errors.size > 0) this.output._finish({ error: this.#failure() }, true);
    else if (reason !== undefined) this.output._finish({ error: reason });
    else this.output._finish();
  }

  /** The only error, or a group of all. */
  #failure(): unknown {
    const errors = [...this.#errors];
    return errors.length === 1 ? errors[0] : new ExceptionGroup(`${this.#kind}() failed`, errors);
  }
}
