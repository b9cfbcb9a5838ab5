import { ClosedError, ExceptionGroup } from "@selvage/scope";
import {
  checkCount,
  checkOptions,
  checkWaitScope,
  describeValue,
  expected,
  LaggedError,
  reportUncaught,
  ScopeEnd,
  throwIfOver,
  type WaitScope,
} from "@selvage/scope/internal";
import { type Engine, Output, type Results } from "./output.js";

/** Options of {@link fromEvents}. */
export interface EventOptions {
  /** How many events wait to be read at most. A positive integer. Default: 1,000. */
  readonly capacity?: number | undefined;
  /**
   * What happens to an event when so many wait. `"error"`: the stream ends with a `LaggedError`, after the events that wait. `"drop-oldest"` and
   * `"drop-newest"`: an event is dropped. Default: `"error"`.
   */
  readonly overflow?: "error" | "drop-oldest" | "drop-newest" | undefined;
  /** The name of the event that ends the stream. Default: none. */
  readonly until?: string | undefined;
}

/** What has `addEventListener`: an `EventTarget` of any realm. */
export interface EventTargetLike {
  addEventListener(name: string, listener: (event: unknown) => void): void;
  removeEventListener(name: string, listener: (event: unknown) => void): void;
}

/** What has `on` and `off`: an `EventEmitter`. */
export interface EmitterLike {
  on(name: string, listener: (...args: unknown[]) => void): unknown;
  off(name: string, listener: (...args: unknown[]) => void): unknown;
}

const OVERFLOWS: readonly unknown[] = ["error", "drop-oldest", "drop-newest"];

/**
 * The events of an `EventTarget` or an `EventEmitter`, from this call on. An event that is emitted with one argument is that argument; with more or fewer, it
 * is the array of them.
 *
 * The listeners are removed when the stream ends, when the loop is left, and when the scope is cancelled or ends, also if the events were never read. An
 * `error` event ends the stream with its error, after the events that came before it.
 *
 * **Cancellation**: a pending `next()` rejects with the scope's `CancelledError`; events that wait are dropped.
 *
 * Compare Node's `events.on`, whose buffer has no bound.
 *
 * @param scope - The scope or signal of the code that reads the events.
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {CancelledError | ClosedError} If the scope is cancelled, or closed.
 * @throws {LaggedError} From `next()`, if more events wait than `capacity`, and `overflow` is `"error"`.
 * @example
 * ```ts
 * import { EventEmitter } from "node:events";
 * import { CancelScope, fromEvents } from "@selvage/stream";
 *
 * using scope = new CancelScope();
 * const emitter = new EventEmitter();
 * const lines = fromEvents<string>(scope, emitter, "line", { until: "close" });
 * for (const line of ["one", "two"]) emitter.emit("line", line);
 * emitter.emit("close");
 * const read: string[] = [];
 * for await (const line of lines) read.push(line);
 * console.assert(read.join() === "one,two");
 * ```
 */
export function fromEvents<E = unknown>(
  scope: WaitScope,
  target: EventTargetLike | EmitterLike,
  name: string,
  options: EventOptions = {},
): Results<E> {
  checkWaitScope(scope);
  const listen = listening(target);
  if (typeof name !== "string") throw expected("The name of the event", "a string", name);
  checkOptions(options);
  const { capacity = 1_000, overflow = "error", until } = options;
  checkCount("capacity", capacity);
  if (!OVERFLOWS.includes(overflow)) throw expected("overflow", OVERFLOWS.map(describeValue).join(" or "), overflow);
  if (until !== undefined && typeof until !== "string") throw expected("until", "a string", until);
  throwIfOver(scope);
  const events = new Events<E>(listen, capacity, overflow);
  events.listen(scope, name, until);
  return events.output;
}

type Listener = (...args: unknown[]) => void;

/** Adds or removes a listener. */
type Listening = (add: boolean, name: string, listener: Listener) => void;

function listening(target: unknown): Listening {
  const { addEventListener, removeEventListener, on, off } = Object(target) as Partial<EventTargetLike & EmitterLike>;
  if (typeof addEventListener === "function" && typeof removeEventListener === "function") {
    return (add, name, listener) => {
      (add ? addEventListener : removeEventListener).call(target, name, listener);
    };
  }
  if (typeof on === "function" && typeof off === "function") {
    return (add, name, listener) => {
      (add ? on : off).call(target, name, listener);
    };
  }
  throw expected("The target of fromEvents", "an EventTarget or an EventEmitter", target);
}

class Events<E> implements Engine<E> {
  readonly output: Output<E> = new Output<E>(this);
  readonly #listen: Listening;
  readonly #capacity: number;
  readonly #overflow: NonNullable<EventOptions["overflow"]>;
  /** The listeners that were added; empty once it has ended. */
  #listeners: (readonly [name: string, listener: Listener])[] = [];
  /** Watches the scope; `undefined` once it has ended. */
  #scopeEnd: ScopeEnd | undefined = undefined;
  #isOver = false;

  constructor(listen: Listening, capacity: number, overflow: NonNullable<EventOptions["overflow"]>) {
    this.#listen = listen;
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  listen(scope: WaitScope, name: string, until: string | undefined): void {
    try {
      this.#add(name, (...args) => {
        this.#arrived((args.length === 1 ? args[0] : args) as E);
      });
      if (name !== "error" && until !== "error") {
        this.#add("error", (event) => {
          const error = errorOf(event);
          this.#stop(() => {
            this.output._finish({ error });
          });
        });
      }
      if (until !== undefined) {
        this.#add(until, () => {
          this.#stop(() => {
            this.output._finish();
          });
        });
      }
      this.#scopeEnd = new ScopeEnd(scope, (reason) => {
        this.#stop(() => {
          this.output._freeze();
          this.output._finish({ error: reason ?? new ClosedError("The scope of fromEvents has ended.") });
        });
      });
      if (this.#isOver) this.#scopeEnd.stop();
      else this.#scopeEnd.begin();
    } catch (error) {
      this.#stop(() => {});
      throw error;
    }
  }

  begin(): void {}

  taken(): void {}

  leave(): Promise<void> {
    const errors = this.#removeAll();
    if (errors.length === 0) return Promise.resolve();
    return Promise.reject(errors.length === 1 ? errors[0] : new ExceptionGroup("fromEvents() failed", errors));
  }

  #arrived(event: E): void {
    if (this.#isOver) return;
    if (this.output._unread >= this.#capacity) {
      if (this.#overflow === "drop-newest") return;
      if (this.#overflow === "error") {
        this.#stop(() => {
          const error = new LaggedError(`${this.#capacity} events wait to be read, and another one has come.`, 1);
          this.output._finish({ error });
        });
        return;
      }
      this.output._dropOldest();
    }
    this.output._push(event);
  }

  /** Ends it where nobody can be told of an error: in a listener, or in a cancellation. */
  #stop(then: () => void): void {
    if (this.#isOver) return;
    const errors = this.#removeAll();
    then();
    for (const error of errors) reportUncaught(error);
  }

  /** Removes all listeners. Returns what the target has thrown. */
  #removeAll(): unknown[] {
    this.#isOver = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    this.#scopeEnd?.stop();
    const errors: unknown[] = [];
    for (const [name, listener] of listeners) {
      try {
        this.#listen(false, name, listener);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }

  #add(name: string, listener: Listener): void {
    if (this.#isOver) return; // the target has emitted the end while an earlier listener was added
    this.#listen(true, name, listener);
    if (this.#isOver as boolean) this.#listen(false, name, listener);
    else this.#listeners.push([name, listener]);
  }
}

/** The error of an `error` event: what an `EventEmitter` emits, or what an `ErrorEvent` has. */
function errorOf(event: unknown): unknown {
  if (event instanceof Error) return event; // a `SuppressedError` has an `error` too
  return (Object(event) as { error?: unknown }).error ?? event;
}
