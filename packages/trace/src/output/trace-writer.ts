import { now } from "@selvage/scope";
import { reportUncaught, subscribe } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import { type Print, printer, type TraceEvent } from "../events/trace-event.js";
import { type Output, outputTo } from "./output.js";
import type { TraceSink } from "./trace-sink.js";

/** How a trace is written. */
export interface TraceWriterOptions {
  /** The maximum number of characters that wait for the sink. */
  readonly maxPending: number;
  readonly preventClose: boolean;
  /** Called with the first error of the sink; `undefined` if `end` rejects with it. */
  readonly onError: ((error: unknown) => void) | undefined;
  /** Called when the sink has failed. Nothing is written afterwards. */
  readonly stopped: () => void;
}

/** How many milliseconds events wait for others, so that the sink gets larger pieces. */
const GATHERING = 10;
/** How many characters are written at once, without waiting for more. */
const LARGE = 65_536;

/**
 * Writes events to a sink as one JSON array.
 *
 * 1. At most one write runs at a time. Meanwhile events gather in `#pending`.
 * 2. A piece of text contains whole events, so that what is written is readable at any time. Perfetto accepts an array that is not closed.
 * 3. If `#pending` is full, `tryWrite` drops events. `write` does not, and is used only for ends of what was begun.
 * 4. After a failure nothing is written or kept. The error is reported once.
 */
export class TraceWriter {
  readonly #options: TraceWriterOptions;
  readonly #output: Output;
  readonly #print: Print = printer();
  readonly #alarm = new Alarm(() => this.#flush());
  #pending = "";
  /** How many events were dropped since one was last written. */
  #dropped = 0;
  /** The write that runs; `undefined` if none does. */
  #writing: Promise<void> | undefined;
  /** Whether the sink is being called. Scopes that it opens are not traced, or the trace would feed itself. */
  #isInSink = false;
  #failure: { readonly error: unknown } | undefined;
  #isEnding = false;
  /** What precedes the next event. */
  #begun = "[\n";

  constructor(sink: TraceSink, options: TraceWriterOptions) {
    this.#options = options;
    this.#output = outputTo(sink, { preventClose: options.preventClose, failed: (error) => this.#fail(error) });
  }

  /** Writes an event, unless too much waits for the sink. Returns whether it was written. */
  tryWrite(event: TraceEvent): boolean {
    if (this.#failure !== undefined || this.#isInSink) return false;
    if (this.#pending.length >= this.#options.maxPending) {
      this.#dropped++;
      return false;
    }
    if (this.#dropped > 0) this.#noteDropped(event.ts);
    this.write(event);
    return true;
  }

  /** Writes an event, however much waits (3). */
  write(event: TraceEvent): void {
    if (this.#failure !== undefined) return;
    this.#pending += this.#begun + this.#print(event);
    this.#begun = ",\n";
    if (this.#writing !== undefined || this.#isInSink || this.#isEnding) return;
    if (this.#pending.length >= Math.min(LARGE, this.#options.maxPending)) this.#flush();
    else this.#flushSoon();
  }

  /** Completes the array at a time on the axis of the trace, and ends the sink. */
  async end(ts: number): Promise<void> {
    this.#isEnding = true;
    if (this.#dropped > 0 && this.#failure === undefined) this.#noteDropped(ts);
    if (this.#failure === undefined) this.#pending += this.#begun === "[\n" ? "[]\n" : "\n]\n";
    await this.#writing;
    this.#flush();
    await this.#writing;
    try {
      if (this.#failure === undefined) await this.#output.end();
    } catch (error) {
      this.#fail(error);
    }
    const failure = this.#failure as { readonly error: unknown } | undefined;
    if (failure !== undefined && this.#options.onError === undefined) throw failure.error;
  }

  #noteDropped(ts: number): void {
    const count = this.#dropped;
    this.#dropped = 0;
    const id2 = { local: "dropped" };
    this.write({ name: "events dropped: the sink is slow", cat: "selvage", ph: "n", ts, id2, args: { count } });
  }

  #flushSoon(): void {
    if (this.#alarm.when !== Infinity) return;
    try {
      this.#alarm.set(now() + GATHERING);
    } catch {
      this.#flush(); // the platform's timers do not work here
    }
  }

  #flush(): void {
    this.#alarm.clear();
    if (this.#pending === "" || this.#writing !== undefined || this.#failure !== undefined) return;
    const text = this.#pending;
    this.#pending = "";
    let written: PromiseLike<unknown> | undefined;
    this.#isInSink = true;
    try {
      written = this.#output.write(text);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isInSink = false;
    }
    if (written !== undefined) this.#writing = this.#settled(written);
  }

  /** Resolves when a write has ended. What has gathered meanwhile is written later, because a sink that uses scopes would otherwise never pause. */
  #settled(written: PromiseLike<unknown>): Promise<void> {
    return new Promise<void>((resolve) => {
      const ended = (): void => {
        this.#writing = undefined;
        if (this.#pending !== "" && this.#failure === undefined) this.#flushSoon();
        resolve();
      };
      void subscribe(written, ended, (error) => {
        this.#fail(error);
        ended();
      });
    });
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#pending = "";
    this.#alarm.clear();
    this.#options.stopped();
    try {
      this.#options.onError?.call(undefined, error);
    } catch (thrown) {
      reportUncaught(thrown);
    }
  }
}
