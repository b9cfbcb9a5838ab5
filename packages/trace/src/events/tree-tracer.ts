import type { CancelledError, CancelScope } from "@selvage/scope";
import { childrenOf } from "@selvage/scope/internal";
import { type Observer, parentOf, type ScopeEnd, type ShutdownPhase } from "@selvage/scope/lowlevel";
import { Counters, type TaskState } from "./counters.js";
import { errorText, labelOf, readFacts, restartedTask, titleOf } from "./facts.js";
import { ScopeRecords } from "./scope-records.js";
import { type EventWriter, ScopeTrack } from "./scope-track.js";
import type { TimeAxis } from "./time-axis.js";
import type { Args } from "./trace-event.js";

const QUEUED = "queued";
const WAITS = "waits";

/**
 * Makes the events of a trace from those of the tree (N6).
 *
 * 1. Each scope has one track. Its slices nest, because the only ones inside that of the scope are one for the queue and one for all waits.
 * 2. The end of an arrow is written only if its beginning was.
 */
export class TreeTracer implements Observer {
  readonly #writer: EventWriter;
  readonly #axis: TimeAxis;
  readonly #counters: Counters;
  readonly #tracks: ScopeRecords<ScopeTrack> = new ScopeRecords<ScopeTrack>((track) => {
    this.#close(track, this.#time(), { status: "collected without being closed" });
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
    track.end(ts, QUEUED);
    if (track.isTask) this.#counters.set(track, "running", ts);
    const task = restartedTask(scope);
    if (task !== undefined) this.#restarted(this.#trackOf(task, ts), readFacts(task).attempt!, ts);
  }

  waiting(scope: CancelScope, what: string | undefined): void {
    const ts = this.#time();
    const track = this.#trackOf(scope, ts);
    if (what === undefined) {
      if (track.waits > 0 && --track.waits === 0) track.end(ts, WAITS);
    } else if (track.waits++ === 0) track.begin(ts, WAITS, { for: what });
    else track.instant(ts, "waits as well", { for: what });
  }

  cancelled(root: CancelScope, { scope: owner, message }: CancelledError): void {
    const ts = this.#time();
    const track = this.#trackOf(root, ts);
    const args = { reason: message };
    // One cancellation may reach several trees, one after the other (V4). All of it is one flow.
    const known = owner === root ? undefined : this.#tracks.get(owner)?.flow;
    if (known !== undefined) {
      if (track.flow === undefined) track.flowIn(ts, known, args);
    } else {
      const flow = `cancel ${track.local}`;
      if (track.instant(ts, "cancel", args, { bind_id: flow, flow_out: true })) track.flow = flow;
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
    track.instant(ts, "failure", { error: errorText(error), attempt, restartsIn });
    if (restartsIn !== undefined) this.#counters.set(track, "restarting", ts);
  }

  shutdown(
    scope: CancelScope,
    { phase, stage }: { readonly phase: ShutdownPhase; readonly stage: number | undefined },
  ): void {
    const ts = this.#time();
    const track = this.#trackOf(scope, ts);
    if (phase === "over") track.shutdownOver(ts);
    else track.shutdown(ts, stage === undefined ? phase : `${phase} ${stage}`);
  }

  closed(scope: CancelScope, end: ScopeEnd): void {
    const track = this.#tracks.get(scope);
    if (track === undefined || !this.#tracks.close(track)) return; // opened before the trace, and not seen until now
    const ts = this.#time();
    const { cancelledBy, deadline } = readFacts(scope);
    this.#close(track, ts, {
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
      this.#close(track, ts, { status: "open when the trace ended" });
    }
    this.#counters.flush(Infinity);
    return ts;
  }

  #restarted(task: ScopeTrack, attempt: number, ts: number): void {
    task.instant(ts, "restart", { attempt });
    this.#counters.set(task, "running", ts);
  }

  #time(): number {
    const ts = this.#axis.now();
    this.#counters.flush(ts);
    return ts;
  }

  #close(track: ScopeTrack, ts: number, args: Args): void {
    this.#counters.close(track, ts);
    track.close(ts, args);
  }

  /** Returns the track of a scope. One that was opened before the trace began is opened now, and first those above it. */
  #trackOf(scope: CancelScope, ts: number): ScopeTrack {
    const found = this.#tracks.get(scope);
    if (found !== undefined) return found;
    const missing: CancelScope[] = [];
    for (let node = parentOf(scope); node !== undefined; node = parentOf(node)) {
      if (this.#tracks.get(node) !== undefined) break;
      missing.push(node);
    }
    const before = { opened: "before the trace" };
    for (const node of missing.reverse()) this.#open(node, ts, before);
    return this.#open(scope, ts, before);
  }

  #open(scope: CancelScope, ts: number, more?: Args): ScopeTrack {
    const facts = readFacts(scope);
    const { id, kind, status, cancelledBy } = facts;
    const parent = parentOf(scope);
    const isTask = kind === "task";
    const track = new ScopeTrack(this.#writer, {
      title: titleOf(facts),
      local: id < 0 ? `0xf${(-id).toString(16).padStart(8, "0")}` : `0x${id.toString(16)}`,
      isTask,
      flow: cancelledBy && parent && this.#tracks.get(parent)?.flow,
      ts,
      args: {
        id,
        parent: parent && readFacts(parent).id,
        kind,
        status,
        deadline: this.#axis.deadline(facts.deadline, scope.clock, ts),
        cancelledBy: cancelledBy && labelOf(readFacts(cancelledBy)),
        ...more,
      },
    });
    this.#tracks.add(scope, track);
    if (status === QUEUED) track.begin(ts, QUEUED);
    const state: TaskState = status === QUEUED ? QUEUED : status === "waiting to restart" ? "restarting" : "running";
    this.#counters.open(track, isTask ? state : undefined, ts);
    return track;
  }

  /** Draws the arrows of a cancellation to the scopes below its root. */
  #flowBelow(root: CancelScope, owner: CancelScope, flow: string, ts: number): void {
    const stack = childrenOf(root).reverse();
    for (let scope = stack.pop(); scope !== undefined; scope = stack.pop()) {
      if (readFacts(scope).cancelledBy !== owner) continue; // behind a shield, or cancelled before
      const track = this.#trackOf(scope, ts);
      if (track.flow === undefined) track.flowIn(ts, flow);
      for (const child of childrenOf(scope).reverse()) stack.push(child);
    }
  }
}
