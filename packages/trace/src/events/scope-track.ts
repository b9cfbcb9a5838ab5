import type { Args, TraceEvent } from "./trace-event.js";

/** Where events go. `tryWrite` may drop an event, and returns whether it did not. `write` does not drop it. */
export interface EventWriter {
  tryWrite(event: TraceEvent): boolean;
  write(event: TraceEvent): void;
}

/** The category of a scope's track. */
const CATEGORY = "selvage";
/** The category of the track of a shutdown. It is a separate one, because its slices and those of the scope may overlap. */
const SHUTDOWN = "selvage.shutdown";

/** One side of an arrow. */
type Flow = Pick<TraceEvent, "bind_id" | "flow_in" | "flow_out">;

/**
 * The track of one scope, which is one `id2` within the category. It does not refer to the scope, which may be collected.
 *
 * 1. Every beginning that was written gets an end, even if the sink is slow.
 * 2. If the beginning of the scope itself was dropped, nothing of the scope is written.
 */
export class ScopeTrack {
  readonly title: string;
  readonly isTask: boolean;
  readonly local: string;
  /** How many waits are pending in the scope. */
  waits = 0;
  /** The `bind_id` of the cancellation that reached it; `undefined` while there is none. */
  flow: string | undefined = undefined;
  readonly #writer: EventWriter;
  readonly #isWritten: boolean;
  /** The names of the slices that are open within that of the scope, outermost first. */
  readonly #slices: string[] = [];
  /** The names of the slices that are open in its shutdown. */
  readonly #shutdown: string[] = [];

  /** Begins the slice of the scope. If `flow` is given, a cancellation that was before it reaches it. */
  constructor(
    writer: EventWriter,
    {
      title,
      local,
      isTask,
      args,
      flow,
      ts,
    }: {
      readonly title: string;
      readonly local: string;
      readonly isTask: boolean;
      readonly args: Args;
      readonly flow: string | undefined;
      readonly ts: number;
    },
  ) {
    this.#writer = writer;
    this.title = title;
    this.local = local;
    this.isTask = isTask;
    const event = this.#event("b", title, ts, args);
    this.#isWritten = writer.tryWrite(flow === undefined ? event : { ...event, bind_id: flow, flow_in: true });
    if (this.#isWritten) this.flow = flow;
  }

  /** Writes an instant. Returns whether it was written. */
  instant(ts: number, name: string, args?: Args, flow?: Flow): boolean {
    return this.#isWritten && this.#writer.tryWrite({ ...this.#event("n", name, ts, args), ...flow });
  }

  /** Draws the end of an arrow to this scope. */
  flowIn(ts: number, flow: string, args?: Args): void {
    if (this.instant(ts, "cancelled", args, { bind_id: flow, flow_in: true })) this.flow = flow;
  }

  /** Begins a slice inside that of the scope. */
  begin(ts: number, name: string, args?: Args): void {
    if (this.#isWritten && this.#writer.tryWrite(this.#event("b", name, ts, args))) this.#slices.push(name);
  }

  /** Ends a slice inside that of the scope, and those inside it. Does nothing if it is not open, or was dropped. */
  end(ts: number, name: string): void {
    const depth = this.#slices.indexOf(name);
    if (depth >= 0) this.#unwind(this.#slices, depth, ts, CATEGORY);
  }

  /** Begins a phase of the shutdown; the first time, the shutdown itself. It ends the phase before. */
  shutdown(ts: number, phase: string): void {
    if (!this.#isWritten) return;
    const isFirst = this.#shutdown.length === 0;
    this.#unwind(this.#shutdown, 1, ts, SHUTDOWN);
    const name = isFirst ? `shutdown of ${this.title}` : phase;
    if (this.#writer.tryWrite(this.#event("b", name, ts, undefined, SHUTDOWN))) this.#shutdown.push(name);
  }

  /** Ends the shutdown. */
  shutdownOver(ts: number): void {
    this.#unwind(this.#shutdown, 0, ts, SHUTDOWN);
  }

  /** Ends the slice of the scope, and those inside it. */
  close(ts: number, args: Args): void {
    if (!this.#isWritten) return;
    this.shutdownOver(ts);
    this.#unwind(this.#slices, 0, ts, CATEGORY);
    this.#writer.write(this.#event("e", this.title, ts, args));
  }

  #unwind(slices: string[], depth: number, ts: number, category: string): void {
    for (const ended of slices.splice(depth).reverse()) {
      this.#writer.write(this.#event("e", ended, ts, undefined, category));
    }
  }

  #event(ph: "b" | "e" | "n", name: string, ts: number, args?: Args, cat: string = CATEGORY): TraceEvent {
    const event: TraceEvent = { name, cat, ph, ts, id2: { local: this.local } };
    return args === undefined ? event : { ...event, args };
  }
}
