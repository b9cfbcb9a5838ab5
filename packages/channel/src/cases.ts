import type { CancelScope } from "@selvage/scope";
import { type Entry, isOver, type TurnQueue } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import type { Case } from "./case.js";
import { drainedError, fullError } from "./errors.js";
import type { Exchange } from "./exchange.js";
import type { Committed, Selecting, Waiting } from "./select.js";
import type { Giver, Taker } from "./waiting.js";

/** Commits a case if it is ready. Returns what happens then; `undefined` if it is not ready. */
export function tryCase({ _what: what, fn }: Case<unknown>): Committed | undefined {
  if (what.kind === "elapsed") return what.ms <= 0 ? () => fn.call(undefined, undefined as never) : undefined;
  const { exchange } = what;
  if (what.kind === "receive") {
    const taken = exchange.take(true);
    if (taken !== undefined) return () => fn.call(undefined, taken.value as never);
    const { end } = exchange;
    return end && thrower(endError(exchange, end.error));
  }
  if (exchange.offer(what.item, true)) return () => fn.call(undefined, undefined as never);
  const refusal = exchange.refusal();
  if (refusal !== undefined) return thrower(refusal);
  return exchange.options.overflow === "error"
    ? thrower(fullError(exchange.title, exchange.options.capacity))
    : undefined;
}

/** Waits until a case is ready, and commits it then. */
export function waitForCase(selecting: Selecting, { _what: what, fn }: Case<unknown>): Waiting {
  if (what.kind === "elapsed") {
    const time = new Time(selecting, () => fn.call(undefined, undefined as never));
    time.start(what.ms);
    return time;
  }
  const { exchange } = what;
  const entry = new CaseEntry(selecting, exchange, fn, what.kind === "send" ? what.item : undefined);
  if (what.kind === "receive") {
    exchange.await(entry);
    return entry;
  }
  const error = exchange.refusal();
  if (error === undefined) {
    entry.stand(exchange.givers as unknown as TurnQueue<never>);
    exchange.serve(); // an observer may have received since it was asked
  } else {
    entry.end(error);
  }
  return entry;
}

/** A case in a queue of a channel. */
class CaseEntry implements Taker<unknown>, Giver<unknown>, Waiting {
  ahead: Entry | undefined = undefined;
  behind: Entry | undefined = undefined;
  queue: TurnQueue<Entry> | undefined = undefined;
  readonly item: unknown;
  readonly #selecting: Selecting;
  readonly #exchange: Exchange<unknown>;
  readonly #fn: Case<unknown>["fn"];

  constructor(selecting: Selecting, exchange: Exchange<unknown>, fn: Case<unknown>["fn"], item: unknown) {
    this.#selecting = selecting;
    this.#exchange = exchange;
    this.#fn = fn;
    this.item = item;
  }

  get isCase(): boolean {
    return true;
  }

  /** `undefined` once a case was committed: then a queue skips the others. */
  get scope(): CancelScope | undefined {
    return this.#selecting._hasEnded ? undefined : this.#selecting.scope;
  }

  take(item: unknown): void {
    this.#selecting._settle(() => this.#fn.call(undefined, item as never));
  }

  accepted(): void {
    this.take(undefined);
  }

  finish(): void {
    this.#selecting.finish();
  }

  end(error: unknown): void {
    if (this.#selecting._hasEnded) return;
    this.#selecting._settle(thrower(endError(this.#exchange, error)));
    this.#selecting.finish();
  }

  refuse(error: unknown): void {
    this.#selecting.refuse(error);
  }

  stand(queue: TurnQueue<never>): void {
    (queue as unknown as TurnQueue<CaseEntry>).add(this);
  }

  stop(): void {
    this.queue?.remove(this);
  }
}

/** A case that waits for a time. */
class Time implements Waiting {
  readonly #selecting: Selecting;
  readonly #alarm: Alarm;

  constructor(selecting: Selecting, committed: Committed) {
    this.#selecting = selecting;
    const due = (): void => {
      // At equal times the deadline wins (C1).
      try {
        if (selecting._hasEnded || selecting.scope === undefined || isOver(selecting.scope)) return;
      } catch (error) {
        selecting.refuse(error); // a clock that throws fails only this wait (C1)
        return;
      }
      selecting._settle(committed);
      selecting.finish();
    };
    this.#alarm = new Alarm(due, { clock: selecting.scope!.clock, keepAlive: true });
  }

  start(ms: number): void {
    try {
      const now = this.#selecting.scope!.clock.now();
      this.#alarm.set(now + ms, now);
    } catch (error) {
      this.#selecting.refuse(error);
    }
  }

  stop(): void {
    try {
      this.#alarm.clear();
    } catch {
      // The clock throws. When the alarm fires, nothing waits for it.
    }
  }
}

/** The error of a channel that has ended, for a case that receives. */
function endError({ title }: Exchange<unknown>, error: unknown): unknown {
  return error === undefined ? drainedError(title) : error;
}

function thrower(error: unknown): () => never {
  return () => {
    throw error as Error;
  };
}
