/// <reference lib="esnext.disposable" preserve="true" />
import { CancelScope } from "@selvage/scope";
import {
  checkCount,
  checkOptions,
  checkWaitScope,
  describeValue,
  endScope,
  expected,
  Fifo,
  type LabelledOptions,
  LaggedError,
  type WaitScope,
} from "@selvage/scope/internal";
import { type Engine, Output, type Results } from "./output.js";

/** Options of {@link fromEvents}. */
export interface EventOptions {
  /** How many events wait to be read at most. A positive integer. Default: 1,000. */
  readonly capacity?: number | undefined;
  /** What happens to an event when so many wait: the stream fails with a `LaggedError`, or an event is dropped. Default: `"error"`. */
  readonly overflow?: "error" | "drop-oldest" | "drop-newest" | undefined;
  /** The name of the event that ends the stream. Default: none. */
  readonly until?: string | undefined;
}

/** What has `addEventListener`: an `EventTarget` of any realm. */
export interface EventTargetLike {
  addEventListener(name: string, listener: (event: never) => void): void;
  removeEventListener(name: string, listener: (event: never) => void): void;
}

/** What has `on` and `off`: an `EventEmitter`. */
export interface EmitterLike {
  on(name: string, listener: (...args: never[]) => void): unknown;
  off(name: string, listener: (...args: never[]) => void): unknown;
}

const OVERFLOWS: readonly unknown[] = ["error", "drop-oldest", "drop-newest"];

/** The events of a target, from this call on. See the tests of I10. */
export function fromEvents<E = unknown>(
  scope: WaitScope,
  target: EventTargetLike | EmitterLike,
  name: string,
  options: EventOptions = {},
): Results<E> {
  checkWaitScope(scope);
  if (typeof name !== "string") throw expected("The name of the event", "a string", name);
  checkOptions(options);
  const { capacity = 1_000, overflow = "error", until } = options;
  checkCount("capacity", capacity);
  if (!OVERFLOWS.includes(overflow)) throw expected("overflow", OVERFLOWS.map(describeValue).join(" or "), overflow);
  if (until !== undefined && typeof until !== "string") throw expected("until", "a string", until);
  return new Events<E>(scope, listening(target), name, { capacity, overflow, until }).output;
}

/** Adds or removes a listener. */
type Listening = (add: boolean, name: string, listener: (...args: never[]) => void) => void;

function listening(target: unknown): Listening {
  const { addEventListener, removeEventListener, on, off } = Object(target) as Partial<EventTargetLike & EmitterLike>;
  if (typeof addEventListener === "function" && typeof removeEventListener === "function") {
    return (add, name, listener) => {
      (add ? addEventListener : removeEventListener).call(target, name, listener as never);
    };
  }
  if (typeof on === "function" && typeof off === "function") {
    return (add, name, listener) => {
      (add ? on : off).call(target, name, listener);
    };
  }
  throw expected("The target of fromEvents", "an EventTarget or an EventEmitter", target);
}

class Events<E> implements Engine {
  readonly output = new Output<E>();
  readonly #listen: Listening;
  readonly #listeners: (readonly [name: string, listener: (...args: never[]) => void])[] = [];
  readonly #options: Required<Pick<EventOptions, "capacity" | "overflow">>;
  /** The events that came before the first `next()`, or that wait to be read. */
  readonly #waiting = new Fifo<E>();
  /** How it has ended; `undefined` while it listens. */
  #end: { readonly error: unknown } | undefined = undefined;
  /** Its scope; `undefined` once it has ended. */
  #scope: CancelScope | undefined;

  constructor(scope: WaitScope, listen: Listening, name: string, options: EventOptions & { capacity: number; overflow: "error" | "drop-oldest" | "drop-newest" }) {
    this.#listen = listen;
    this.#options = options;
    const own = new CancelScope({ parent: scope, _label: { kind: "fromEvents", name } } as LabelledOptions);
    this.#scope = own;
    this.output.engine = this;
    try {
      own.throwIfCancelled();
      this.#add(name, (...args) => {
        this.#arrived((args.length === 1 ? args[0] : args) as E);
      });
      if (name !== "error") this.#add("error", (event) => { this.#stop({ error: (event as { error?: unknown } | undefined)?.error ?? event }); });
      if (options.until !== undefined) this.#add(options.until, () => { this.#stop({ error: undefined }); });
      own.onCancel((reason) => {
        this.#stop({ error: reason });
      });
    } catch (error) {
      this.#stop({ error });
      throw error;
    }
  }

  begin(): void {
    this.taken();
  }

  /** Hands over what waits. */
  taken(): void {
    while (this.output.isWanted && !this.#waiting.isEmpty) this.output.push(this.#waiting.shift());
    if (this.#end === undefined) return;
    if (this.#end.error !== undefined) this.output.fail(this.#end.error);
    else if (this.#waiting.isEmpty) this.output.finish();
  }

  leave(): Promise<void> {
    this.#stop({ error: undefined });
    return Promise.resolve();
  }

  #arrived(event: E): void {
    if (this.#end !== undefined) return;
    const { capacity, overflow } = this.#options;
    if (this.#waiting.size < capacity || this.output.isWanted) {
      this.#waiting.push(event);
    } else if (overflow === "drop-oldest") {
      this.#waiting.shift();
      this.#waiting.push(event);
    } else if (overflow === "error") {
      this.#stop({ error: new LaggedError(`${capacity} events wait to be read, and another one came.`, 1) });
      return;
    }
    this.taken();
  }

  #stop(end: { readonly error: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const [name, listener] of this.#listeners) this.#listen(false, name, listener);
    const scope = this.#scope!;
    this.#scope = undefined;
    endScope(scope, true);
    this.taken();
  }

  #add(name: string, listener: (...args: never[]) => void): void {
    this.#listen(true, name, listener);
    this.#listeners.push([name, listener]);
  }
}
