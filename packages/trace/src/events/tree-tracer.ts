import type { CancelledError, CancelScope } from "@selvage/scope";
import { childrenOf } from "@selvage/scope/internal";
import { type Observer, parentOf, type ScopeEnd, type ShutdownPhase } from "@selvage/scope/lowlevel";
import { Counters, type TaskState } from "./counters.js";
import { errorText, labelOf, readFacts, restartedTask, titleOf } from "./facts.js";
import { ScopeRecords } from "./scope-records.js";
import type { TimeAxis } from "./time-axis.js";
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

/** What is known of a traced scope. It does not refer to the scope, which may be collected. */
interface Track {
  readonly id2: { readonly local: string };
  readonly title: string;
  readonly isTask: boolean;
  /** Whether its beginning was written. Otherwise nothing of it is. */
  readonly isWritten: boolean;
  /** The names of the slices that are open within its slice, outermost first. */
  readonly slices: string[];
  /** The names of the slices that are open in its shutdown. */
  readonly shutdown: string[];
  /** How many waits are pending in the scope. */
  waits: number;
  /** The `bind_id` of the cancellation that reached it; `undefined` while there is none. */
  flow: string | undefined;
}

const QUEUED = "queued";

/**
 * Makes the events of a trace from those of the tree (N6).
 *
 * 1. Each scope has one track: one `id2` within the category. Its slices nest, because the only ones inside it are `queued` and one for waits.
 * 2. Every beginning that was written gets an end, even if the sink is slow.
 * 3. A `flow_in` is written only if its `flow_out` was.
 */
export class TreeTracer implements Observer {
  readonly #writer: EventWriter;
  readonly #axis: TimeAxis;
  readonly #counters: Counters;
  readonly #tracks: ScopeRecords<Track> = new ScopeRecords<Track>((track) => {
    this.#end(track, this.#axis.now(), { status: "collected without being closed" });
  });

  constructor(writer: EventWriter, axis: TimeAxis) {
    this.#writer = writer;
    this.#axis = axis;
    this.#counters = new Counters(writer);
  }

  opened(scope: CancelScope): void {
    this.#open(scope, this.#time());
  }

  started(scope: CancelScope): void {
    const ts = this.#time();
    const track = this.#trackOf(scope, ts);
    if (track.slices.includes(QUEUED)) this.#endSlices(track, ts, QUEUED);
    if (track.isTask) this.#counters.set(track, "running", ts);
    const task = restartedTask(scope);
    if (task !== undefined) this.#restarted(this.#trackOf(task, ts), readFacts(task).attempt!, ts);
  }

  waiting(scope: CancelScope, what: string | undefined): void {
    const ts = this.#time();
    const track = this.#trackOf(scope, ts);
    if (what === undefined) {
      if (track.waits > 0 && --track.waits === 0) this.#endSlices(track, ts, "waits");
    } else if (track.waits++ === 0) this.#slice(track, ts, "waits", { for: what });
    else this.#instant(track, ts, "waits as well", { for: what });
  }

  cancelled(root: CancelScope, reason: CancelledError): void {
    const ts = this.#time();
    const track = this.#trackOf(root, ts);
    const owner = reason.scope;
    const args = { reason: reason.message };
    // One cancellation may reach several trees, one after the other (V4). All of it is one flow.
    const known = owner === root ? undefined : this.#tracks.get(owner)?.flow;
    if (known !== undefined) {
      if (track.flow === undefined) this.#flowIn(track, ts, known, args);
    } else {
      const flow = `cancel ${track.id2.local}`;
      if (this.#instant(track, ts, "cancel", args, { bind_id: flow, flow_out: true })) track.flow = flow;
    }
    if (track.flow !== undefined) this.#flowBelow(root, owner, track.flow, ts);
  }

  failed(
    scope: CancelScope,
    error: unknown,
    { attempt, restartsIn }: { readonly attempt: number; readonly restartsIn: number | undefined },
  ): void {
    const ts = this.#time();
    const track = this.#trackOf(scope, ts);
    this.#instant(track, ts, "failure", { error: errorText(error), attempt, restartsIn });
    if (restartsIn !== undefined) this.#counters.set(track, "restarting", ts);
  }

  shutdown(
    scope: CancelScope,
    { phase, stage }: { readonly phase: ShutdownPhase; readonly stage: number | undefined },
  ): void {
    const ts = this.#time();
    const track = this.#trackOf(scope, ts);
    if (!track.isWritten) return;
    if (phase === "begun" && track.shutdown.length === 0) {
      this.#shutdownSlice(track, ts, `shutdown of ${track.title}`);
      return;
    }
    this.#endShutdown(track, ts, phase === "over" ? 0 : 1);
    if (phase !== "over") this.#shutdownSlice(track, ts, stage === undefined ? phase : `${phase} ${stage}`);
  }

  closed(scope: CancelScope, end: ScopeEnd): void {
    const track = this.#tracks.get(scope);
    if (track === undefined || !this.#tracks.close(track)) return; // opened before the trace, and not seen until now
    const ts = this.#time();
    const { cancelledBy, deadline } = readFacts(scope);
    this.#end(track, ts, {
      status: end.status,
      error: end.status === "rejected" ? errorText(end.error) : undefined,
      cancelledBy: cancelledBy && labelOf(readFacts(cancelledBy)),
      // The deadline that counted in the end: it is set after the opening, and may move.
      deadline: this.#axis.deadline(deadline, scope.clock, ts),
    });
  }

  /** Ends everything that is open. Returns the time. */
  end(): number {
    const ts = this.#time();
    for (const track of this.#tracks.open) {
      this.#tracks.close(track);
      this.#end(track, ts, { status: "open when the trace ended" });
    }
    this.#counters.flush(Infinity);
    return ts;
  }

  #restarted(task: Track, attempt: number, ts: number): void {
    this.#instant(task, ts, "restart", { attempt });
    this.#counters.set(task, "running", ts);
  }

  #time(): number {
    const ts = this.#axis.now();
    this.#counters.flush(ts);
    return ts;
  }

  /** Returns the track of a scope. One that was opened before the trace began is opened now, and first those above it. */
  #trackOf(scope: CancelScope, ts: number): Track {
    const found = this.#tracks.get(scope);
    if (found !== undefined) return found;
    const missing: CancelScope[] = [];
    for (let node: CancelScope | undefined = scope; node !== undefined; node = parentOf(node)) {
      if (this.#tracks.get(node) !== undefined) break;
      missing.push(node);
    }
    for (const node of missing.reverse()) this.#open(node, ts, { opened: "before the trace" });
    return this.#tracks.get(scope)!;
  }

  #open(scope: CancelScope, ts: number, more?: Args): void {
    const facts = readFacts(scope);
    const parent = parentOf(scope);
    const above = parent && this.#tracks.get(parent);
    const { id, kind, status, cancelledBy } = facts;
    const args: Args = {
      id,
      parent: parent && readFacts(parent).id,
      kind,
      status,
      deadline: this.#axis.deadline(facts.deadline, scope.clock, ts),
      cancelledBy: cancelledBy && labelOf(readFacts(cancelledBy)),
      ...more,
    };
    const id2 = { local: `0x${id < 0 ? `f${(-id).toString(16).padStart(8, "0")}` : id.toString(16)}` };
    const flow = cancelledBy && above?.flow;
    const title = titleOf(facts);
    const event: TraceEvent = { name: title, cat: CATEGORY, ph: "b", ts, id2, args };
    const isWritten = this.#writer.tryWrite(flow === undefined ? event : { ...event, bind_id: flow, flow_in: true });
    const isTask = kind === "task";
    const track: Track = { id2, title, isTask, isWritten, slices: [], shutdown: [], waits: 0, flow: undefined };
    if (isWritten) track.flow = flow;
    this.#tracks.add(scope, track);
    const isQueued = status === QUEUED;
    if (isQueued) this.#slice(track, ts, QUEUED);
    const state: TaskState = isQueued ? QUEUED : status === "waiting to restart" ? "restarting" : "running";
    this.#counters.open(track, isTask ? state : undefined, ts);
  }

  /** Draws the arrows of a cancellation to the scopes below its root. */
  #flowBelow(root: CancelScope, owner: CancelScope, flow: string, ts: number): void {
    const stack = childrenOf(root).reverse();
    for (let scope = stack.pop(); scope !== undefined; scope = stack.pop()) {
      if (readFacts(scope).cancelledBy !== owner) continue; // behind a shield, or cancelled before
      const track = this.#trackOf(scope, ts);
      if (track.flow === undefined) this.#flowIn(track, ts, flow);
      for (const child of childrenOf(scope).reverse()) stack.push(child);
    }
  }

  #flowIn(track: Track, ts: number, flow: string, args?: Args): void {
    if (this.#instant(track, ts, "cancelled", args, { bind_id: flow, flow_in: true })) track.flow = flow;
  }

  #instant(track: Track, ts: number, name: string, args?: Args, flow?: Partial<TraceEvent>): boolean {
    if (!track.isWritten) return false;
    return this.#writer.tryWrite({ name, cat: CATEGORY, ph: "n", ts, id2: track.id2, ...(args && { args }), ...flow });
  }

  #slice(track: Track, ts: number, name: string, args?: Args): void {
    const { id2, isWritten, slices } = track;
    if (!isWritten) return;
    const event: TraceEvent = { name, cat: CATEGORY, ph: "b", ts, id2, ...(args && { args }) };
    if (this.#writer.tryWrite(event)) slices.push(name);
  }

  /** Ends a slice inside that of the scope, and those inside it. */
  #endSlices({ id2, slices }: Track, ts: number, name?: string): void {
    const depth = name === undefined ? 0 : slices.indexOf(name);
    if (depth < 0) return; // its beginning was dropped
    for (const ended of slices.splice(depth).reverse()) {
      this.#writer.write({ name: ended, cat: CATEGORY, ph: "e", ts, id2 });
    }
  }

  #shutdownSlice({ id2, shutdown }: Track, ts: number, name: string): void {
    if (this.#writer.tryWrite({ name, cat: SHUTDOWN, ph: "b", ts, id2 })) shutdown.push(name);
  }

  #endShutdown({ id2, shutdown }: Track, ts: number, depth: number): void {
    for (const ended of shutdown.splice(depth).reverse()) {
      this.#writer.write({ name: ended, cat: SHUTDOWN, ph: "e", ts, id2 });
    }
  }

  #end(track: Track, ts: number, args: Args): void {
    this.#counters.close(track, ts);
    if (!track.isWritten) return;
    this.#endShutdown(track, ts, 0);
    this.#endSlices(track, ts);
    this.#writer.write({ name: track.title, cat: CATEGORY, ph: "e", ts, id2: track.id2, args });
  }
}
