import { describeValue, subscribe } from "@selvage/scope/internal";
import type { TraceSink, TraceWritable } from "./trace-sink.js";

/** A sink, whatever its kind. */
export interface Output {
  /** Writes a text. Returns a promise if it must be waited for before the next one. May throw; the promise may reject. */
  write(text: string): PromiseLike<unknown> | undefined;
  /** Resolves once everything is written and, unless that is prevented, the sink is closed. */
  end(): Promise<void>;
}

/** How a sink is used. */
export interface OutputOptions {
  /** Whether `end` leaves the sink open. */
  readonly preventClose: boolean;
  /** Called when the sink has failed outside of a call. It may be called several times. */
  readonly failed: (error: unknown) => void;
}

/**
 * Makes the output of a sink.
 *
 * @throws {TypeError} If it is not a sink, or is a web stream that is locked.
 */
export function outputTo(sink: TraceSink, options: OutputOptions): Output {
  if (typeof sink === "function") return new FunctionOutput(sink);
  if (typeof sink === "object" && (sink as unknown) !== null) {
    if ("getWriter" in sink && typeof sink.getWriter === "function") return new WebOutput(sink, options);
    if (isWritable(sink)) return new NodeOutput(sink, options);
  }
  const kinds = "a function, a WritableStream or a Writable of Node";
  throw new TypeError(`The sink of a trace must be ${kinds}, got ${describeValue(sink)}.`);
}

function isWritable(sink: object): sink is TraceWritable {
  return ["write", "end", "on", "off"].every((name) => typeof Reflect.get(sink, name) === "function");
}

class FunctionOutput implements Output {
  readonly #call: (text: string) => unknown;

  constructor(call: (text: string) => unknown) {
    this.#call = call;
  }

  write(text: string): PromiseLike<unknown> | undefined {
    const result = this.#call.call(undefined, text) as Partial<PromiseLike<unknown>> | undefined | null;
    return typeof result?.then === "function" ? (result as PromiseLike<unknown>) : undefined;
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

class WebOutput implements Output {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #encoder = new TextEncoder();
  readonly #preventClose: boolean;
  #isReleased = false;

  constructor(stream: WritableStream<Uint8Array<ArrayBuffer>>, { preventClose, failed }: OutputOptions) {
    this.#writer = stream.getWriter();
    this.#preventClose = preventClose;
    void subscribe(
      this.#writer.closed,
      () => {},
      (error) => {
        if (!this.#isReleased) failed(error); // releasing the lock rejects it as well
      },
    );
  }

  write(text: string): PromiseLike<unknown> {
    return this.#writer.write(this.#encoder.encode(text));
  }

  async end(): Promise<void> {
    if (!this.#preventClose) await this.#writer.close();
    this.#isReleased = true;
    this.#writer.releaseLock();
  }
}

class NodeOutput implements Output {
  readonly #stream: TraceWritable;
  readonly #preventClose: boolean;
  readonly #failed: (error: unknown) => void;
  /** Settles the present wait; `undefined` while nothing waits. */
  #wait: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #isFinished = false;

  constructor(stream: TraceWritable, { preventClose, failed }: OutputOptions) {
    this.#stream = stream;
    this.#preventClose = preventClose;
    this.#failed = failed;
    for (const [event, listener] of this.#listeners) stream.on(event, listener);
  }

  readonly #listeners: readonly (readonly [event: string, listener: (error?: unknown) => void])[] = [
    ["error", (error) => this.#fail(error)],
    ["drain", () => this.#wait?.resolve()],
    [
      "finish",
      () => {
        this.#isFinished = true;
        this.#wait?.resolve();
      },
    ],
    [
      "close",
      () => {
        if (!this.#isFinished) this.#fail(closedEarly());
      },
    ],
  ];

  write(text: string): PromiseLike<unknown> | undefined {
    const { destroyed, errored } = this.#stream as { readonly destroyed?: unknown; readonly errored?: unknown };
    if (destroyed === true) throw (errored as Error | null | undefined) ?? closedEarly(); // it emits nothing more, so a wait would not end
    return this.#stream.write(text) ? undefined : this.#waiting();
  }

  async end(): Promise<void> {
    const end = this.#waiting();
    if (this.#preventClose) this.#stream.write("", (error) => (error ? this.#fail(error) : this.#wait?.resolve()));
    else this.#stream.end();
    try {
      await end;
    } finally {
      // The listener for errors stays if the sink has failed: an error that comes late must not be uncaught.
      for (const [event, listener] of this.#listeners) this.#stream.off(event, listener);
    }
  }

  #waiting(): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#wait = { resolve, reject };
    });
  }

  #fail(error: unknown): void {
    this.#wait?.reject(error);
    this.#failed(error);
  }
}

function closedEarly(): Error {
  return new Error("The sink of a trace was closed before the trace was complete.");
}
