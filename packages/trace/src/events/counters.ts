import type { EventWriter } from "./scope-track.js";

/** What a task that has not ended does. */
export type TaskState = "queued" | "running" | "restarting";

/** Counts what is live. A value that changed is written once for each time, just before the first later event. */
export class Counters {
  readonly #writer: EventWriter;
  /** The state of the tasks that have not ended, and `undefined` for other scopes. The keys are not scopes, which could not be collected then. */
  readonly #states = new Map<object, TaskState | undefined>();
  readonly #tasks: Record<TaskState, number> = { running: 0, queued: 0, restarting: 0 };
  /** When a value last changed; `undefined` if that was written. */
  #changed: number | undefined;
  /** Whether the tasks changed since they were written. */
  #haveTasksChanged = false;
  /** The number of scopes that was last written. */
  #scopesBefore = 0;

  constructor(writer: EventWriter) {
    this.#writer = writer;
  }

  /** Counts a scope. `state` is `undefined` if it is not that of a task. */
  open(key: object, state: TaskState | undefined, ts: number): void {
    this.#states.set(key, state);
    this.#move(undefined, state, ts);
  }

  /** Changes the state of a task. Does nothing if it has ended. */
  set(key: object, state: TaskState, ts: number): void {
    const before = this.#states.get(key);
    if (before === undefined || before === state) return;
    this.#states.set(key, state);
    this.#move(before, state, ts);
  }

  close(key: object, ts: number): void {
    const state = this.#states.get(key);
    if (this.#states.delete(key)) this.#move(state, undefined, ts);
  }

  /** Writes the values, if they changed before a time. */
  flush(before: number): void {
    const ts = this.#changed;
    if (ts === undefined || ts >= before) return;
    this.#changed = undefined;
    const { running, queued, restarting } = this.#tasks;
    if (this.#haveTasksChanged) {
      const args = { live: running + queued + restarting, running, queued, restarting };
      this.#haveTasksChanged = !this.#writer.tryWrite({ name: "tasks", ph: "C", ts, args });
    }
    const live = this.#states.size;
    if (live === this.#scopesBefore) return;
    if (this.#writer.tryWrite({ name: "scopes", ph: "C", ts, args: { live } })) this.#scopesBefore = live;
  }

  #move(from: TaskState | undefined, to: TaskState | undefined, ts: number): void {
    if (from !== undefined) this.#tasks[from]--;
    if (to !== undefined) this.#tasks[to]++;
    if (from !== to) this.#haveTasksChanged = true;
    this.#changed = ts;
  }
}
