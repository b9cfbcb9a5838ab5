import type { CancelScope, Task } from "@selvage/scope";
import {
  AllResults,
  cancelAnyway,
  checkClock,
  checkCount,
  checkLimit,
  checkName,
  checkParent,
  checkParentOptions,
  type Deferred,
  deferred,
  expected,
  Feed,
  type ItemSource,
  type MapFunction,
} from "@selvage/scope/internal";
import { type SharedLimit, TaskOwner, type TaskOwnerOptions } from "@selvage/scope/lowlevel";
import { type Engine, Output, type Results } from "./output.js";

/** Options of {@link mapStream}. */
export interface MapStreamOptions<T> extends TaskOwnerOptions {
  /** How many calls run at most at one time. A positive integer, `Infinity`, or a semaphore. Required. */
  readonly limit: number | SharedLimit;
  /** Whether results come in the order of the items, and not in that in which they arrive. Default: false. */
  readonly ordered?: boolean | undefined;
  /** How many results wait to be read at most. A positive integer or `Infinity`. Default: `limit`, if that is a number, and otherwise 16. */
  readonly buffer?: number | undefined;
  /** Called with each item that was pulled and for which the function was never called. An error that it throws is reported as uncaught. */
  readonly undelivered?: ((item: T) => void) | undefined;
}

/** How many results wait at most, if `limit` is no number. */
const BUFFER = 16;

/**
 * Calls a function for each item of a source, at most `limit` at a time, and yields the results. Nothing starts before the first `next()`.
 *
 * All calls are children of one group, which lives from the first `next()` until the loop ends. Back-pressure: at most `buffer` results wait to be read, and
 * then no further call begins. So at most `limit + buffer` items are pulled ahead.
 *
 * The first failure cancels the group. When all calls have ended, the pending `next()` rejects with an `ExceptionGroup` of all failures, ahead of results
 * that wait to be read.
 *
 * **Cancellation**: leaving the loop cancels what runs, releases the source, and waits for both. A cancellation of the parent does too, and rejects the
 * pending `next()` with the parent's `CancelledError`.
 *
 * Compare p-map's `pMapIterable`, and `Readable.map`.
 *
 * @param fn - Called with the item, the scope of the call, and the item's index in the source, from 0.
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {ClosedError} From the first `next()`, if the parent is closed.
 * @example
 * ```ts
 * import { mapStream } from "@selvage/stream";
 *
 * const lengths: number[] = [];
 * const urls = ["a", "bb", "ccc"];
 * for await (const length of mapStream(urls, async (url, scope) => (await scope.sleep(1), url.length), { limit: 2 })) lengths.push(length);
 * console.assert(lengths.length === 3);
 * ```
 */
export function mapStream<T, R>(
  source: ItemSource<T>,
  fn: MapFunction<T, R>,
  options: MapStreamOptions<NoInfer<T>>,
): Results<R> {
  return new Mapping<T, R>(source, fn, options).output;
}

/** The policy of the group of one call, and the engine of its results. */
class Mapping<T, R> extends AllResults implements Engine<R> {
  readonly output: Output<R> = new Output<R>(this);
  readonly #feed: Feed<T>;
  readonly #options: MapStreamOptions<T>;
  readonly #buffer: number;
  readonly #isOrdered: boolean;
  /** The results that have arrived before their turn, by index. Used if results come in order. */
  readonly #early = new Map<number, R>();
  /** The index of the result that has its turn. */
  #turn = 0;
  #owner: TaskOwner | undefined = undefined;
  /** Resolves when everything has ended; `undefined` until it begins. It never rejects. */
  #ended: Deferred<void> | undefined = undefined;
  /** Whether the reader has left. */
  #hasLeft = false;
  /** How many results will not be read. */
  #unread = 0;

  constructor(source: ItemSource<T>, fn: MapFunction<T, R>, options: MapStreamOptions<T>) {
    super();
    if ((options as unknown) === undefined) {
      throw expected("The options of mapStream", "an object with a limit", options);
    }
    checkParentOptions(options);
    const { limit, ordered = false, buffer, parent, name, clock } = options;
    checkLimit(limit);
    checkParent(parent);
    checkName(name, "name");
    checkClock(clock);
    if (typeof ordered !== "boolean") throw expected("ordered", "a boolean", ordered);
    if (buffer !== undefined && buffer !== Infinity) checkCount("buffer", buffer);
    this.#buffer = buffer ?? (typeof limit === "number" ? limit : BUFFER);
    this.#isOrdered = ordered;
    this.#options = options;
    this.#feed = new Feed("mapStream()", source, fn, options, () => this.#hasRoom());
  }

  begin(): void {
    const ended = (this.#ended = deferred()); // first, because foreign code may leave the loop meanwhile
    let owner: TaskOwner;
    try {
      owner = this.#owner = new TaskOwner("mapStream", this.#options, this);
    } catch (error) {
      this.output._finish({ error });
      ended.resolve();
      return;
    }
    if (this.#hasLeft) cancelAnyway(owner.scope, "the loop was left");
    owner
      .runBody(() => this.#feed.run(owner), undefined, this)
      .then(
        () => {
          this.output._finish();
          ended.resolve();
        },
        (error: unknown) => {
          this.#failed(error);
          ended.resolve();
        },
      );
  }

  taken(): void {
    this.#feed.wake();
  }

  dropped(): void {
    this.#unread++;
  }

  async leave(): Promise<void> {
    if (this.#ended === undefined) return;
    this.#hasLeft = true;
    if (this.#owner !== undefined) cancelAnyway(this.#owner.scope, "the loop was left");
    await this.#ended.promise;
    if (this.#owner !== undefined) this.throwAll(this.#owner);
  }

  override get body(): string {
    return "the source";
  }

  override taskEnded(task: Task<unknown>, owner: TaskOwner): void {
    const index = this.#feed.indexOf(task);
    super.taskEnded(task, owner);
    this.#feed.wake(); // before the result is handed over: a free place is filled before a result is yielded (I6)
    if (task.status === "fulfilled") this.#arrived(index, task.result() as R);
  }

  /** From the first failure on, the reader gets no more results (I4). */
  override fail(error: unknown, task: Task<unknown>, scope: CancelScope): void {
    this.output._freeze();
    super.fail(error, task, scope);
  }

  override bodyThrew(error: unknown, owner: TaskOwner): boolean {
    const isCut = super.bodyThrew(error, owner);
    if (!isCut) this.output._freeze();
    return isCut;
  }

  /** Leaving the loop is no cancellation of an outer owner. */
  override settle(owner: TaskOwner, leftOpen: unknown, isCut: boolean): void {
    if (this.#hasLeft) this.addLeftOpen(leftOpen);
    else super.settle(owner, leftOpen, isCut);
  }

  #arrived(index: number, result: R): void {
    if (!this.#isOrdered) {
      this.output._push(result);
      return;
    }
    if (index !== this.#turn) {
      this.#early.set(index, result);
      return;
    }
    this.#turn++;
    this.output._push(result);
    while (this.#early.size > 0 && this.#early.has(this.#turn)) {
      const next = this.#early.get(this.#turn) as R;
      this.#early.delete(this.#turn++);
      this.output._push(next);
    }
  }

  /** A call that has ended keeps its place while the buffer is full, so that at most `limit + buffer` items are pulled ahead (I6). */
  #hasRoom(): boolean {
    const unread = this.output._unread + this.#early.size;
    const { limit, size } = this.#owner!;
    if (typeof limit !== "number") return unread < this.#buffer;
    return size + Math.max(0, unread - this.#buffer) < limit;
  }

  #failed(error: unknown): void {
    this.output._freeze();
    const unread = this.#unread + this.#early.size;
    this.#early.clear();
    const hasFailed = this.length > 0;
    if (unread > 0 && hasFailed) addUnread(error as Error, unread);
    this.output._finish({ error }, hasFailed);
  }
}

/** Says in the message of a group how many results were not read. */
function addUnread(group: Error, unread: number): void {
  const what = `${unread} ${unread === 1 ? "result was" : "results were"} not read`;
  Object.defineProperty(group, "message", { value: `${group.message} (${what})`, writable: true, configurable: true });
}
