import { CancelScope, type Clock, ExceptionGroup } from "@selvage/scope";
import {
  cancelAnyway,
  checkClock,
  checkFunction,
  checkParent,
  checkParentOptions,
  type Deferred,
  deferred,
  dispose,
  endScope,
  enter,
  isCutOf,
  type ItemSource,
  type LabelledOptions,
  opener,
  reasonOf,
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
  /** Whether the sources are being opened. What ends it meanwhile takes effect when they are open, so that all of them are released. */
  #isOpening = false;
  /** Resolves when everything is released; `undefined` until the end has begun. It never rejects. */
  #ending: Deferred<void> | undefined = undefined;
  /** Whether what waits to be read at the end is dropped. */
  #isEarly = false;
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
    this.#isOpening = true;
    try {
      this.#open();
    } catch (error) {
      const scope = this.#scope;
      if (scope === undefined) {
        this.output._finish({ error });
        return;
      }
      if (isCutOf(scope, error)) this.#cut();
      else this.failed(error);
    }
    this.#isOpening = false;
    if (this.isLive) this.opened();
    else void this.#release();
  }

  #open(): void {
    const { parent, clock } = this.#options;
    const label = { kind: this.#kind, name: undefined };
    const scope = (this.#scope = new CancelScope({ parent, clock, _label: label } as LabelledOptions));
    for (const open of this.#openers) {
      if (!this.isLive) return; // foreign code has left the loop
      scope.throwIfCancelled();
      this.pumps.push(new Pump(enter(scope, open, scope), this, this.pumps.length));
    }
    this.#registration = scope.onCancel(() => {
      this.#cut();
    });
  }

  /** Called when the sources are open. */
  protected opened(): void {
    for (const pump of this.pumps) if (this.isLive) pump.pull();
  }

  /** Asks the only source for the next item. */
  protected pull(): void {
    if (this.mayPull()) this.pumps[0]!.pull();
  }

  /**
   * Whether sources may be asked for items now. After many items the event loop turns first, or a source that always has one would stop all timers. Then
   * `turned` is called.
   */
  protected mayPull(): boolean {
    if (!this.isLive || this.#isOpening || this.#isTurning) return false;
    if (++this.#pulls % ITEMS_PER_TURN !== 0) return true;
    this.#isTurning = true;
    this.scope.checkpoint().then(
      () => {
        this.#isTurning = false;
        this.turned();
      },
      () => {}, // cancelled
    );
    return false;
  }

  /** Called when the event loop has turned. */
  protected turned(): void {
    this.pull();
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
    if (this.#scope === undefined && !this.#isOpening) return;
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
    if (this.#ending === undefined) {
      this.#ending = deferred(); // first, because the release runs foreign code
      this.#isEarly = isEarly;
      if (!this.#isOpening) void this.#release();
    }
    return this.#ending.promise;
  }

  async #release(): Promise<void> {
    const scope = this.#scope!;
    const reason = reasonOf(scope);
    const open = this.pumps.filter((pump) => !pump.isOver);
    for (const pump of open) pump.stop(); // first: a source that reads in the scope rejects when it is cancelled
    if (this.#isEarly) this.output._freeze();
    this.#registration?.[dispose]();
    this.ending();
    cancelAnyway(scope, "the stream has ended");
    await Promise.all([this.stopped(), ...open.map(({ source }) => releaseSource(source, scope, this.#errors))]);
    const leftOpen = endScope(scope, true);
    if (leftOpen !== undefined) this.#errors.add(leftOpen);
    if (this.#errors.size > 0) this.output._finish({ error: this.#failure() }, true);
    else if (reason !== undefined) this.output._finish({ error: reason });
    else this.output._finish();
    this.#ending!.resolve();
  }

  /** The only error, or a group of all. */
  #failure(): unknown {
    const errors = [...this.#errors];
    return errors.length === 1 ? errors[0] : new ExceptionGroup(`${this.#kind}() failed`, errors);
  }
}
