import type { Work } from "./call.js";
import type { Schedule } from "./schedule.js";

/** The outcome of a function: a value, an error, or a cancellation with its owner. */
export type Ended =
  | { readonly kind: "value"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "cut"; readonly by: string };

/** The owner of a call's cancellation: an outer owner, or the call itself. */
export type Reason = "outer" | "call";

export interface Task {
  readonly index: number;
  readonly work: Work;
  state: "queued" | "running" | "done";
  ended: Ended | undefined;
  /** Cancels the wait of its function. */
  callOff: () => void;
}

/** The listener for the ends of a call's tasks. */
export interface Watcher {
  began(task: Task): void;
  /** Several tasks may end at one time, in no promised order. */
  ending(tasks: readonly Task[]): void;
  ended(task: Task): void;
  /** The tasks have ended, and queued ones have started. */
  settled(): void;
  cancelled(): void;
}

/** The tasks of a call: K1, K2, T8, and what a cancellation does to them. */
export class Tasks {
  reason: Reason | undefined = undefined;
  readonly all: Task[] = [];
  readonly #limit: number;
  readonly #schedule: Schedule;
  readonly #watcher: Watcher;

  constructor(limit: number | null, schedule: Schedule, watcher: Watcher) {
    this.#limit = limit ?? Infinity;
    this.#schedule = schedule;
    this.#watcher = watcher;
  }

  /** The number of tasks that have not ended. */
  get size(): number {
    return this.all.filter(({ state }) => state !== "done").length;
  }

  /** Whether another task would start at once. */
  get hasRoom(): boolean {
    return this.size < this.#limit;
  }

  create(work: Work): void {
    const task: Task = { index: this.all.length, work, state: "queued", ended: undefined, callOff: () => {} };
    this.all.push(task);
    this.#startQueued();
  }

  /** Cancels the tasks that have not ended. The first reason wins. */
  cancel(reason: Reason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#watcher.cancelled();
    const live = this.all.filter(({ state }) => state !== "done");
    const atOnce = live.filter(({ state, work }) => state === "queued" || work.onCancel === "cut");
    for (const task of live) {
      const { onCancel } = task.work;
      if (atOnce.includes(task) || typeof onCancel !== "object") continue;
      task.callOff();
      const { ms, end } = onCancel;
      task.callOff = this.#schedule.after(ms, () => {
        if (end === "value") this.#end([task], { kind: "value", text: String(-1 - task.index) });
        else if (end === "error") this.#end([task], { kind: "error", text: `E${100 + task.index}` });
        else this.#end([task], { kind: "cut", by: reason });
      });
    }
    for (const task of atOnce) task.callOff();
    this.#end(atOnce, { kind: "cut", by: reason });
  }

  #startQueued(): void {
    for (const task of this.all) {
      if (task.state !== "queued" || this.reason !== undefined) continue;
      if (this.all.filter(({ state }) => state === "running").length >= this.#limit) return;
      task.state = "running";
      this.#watcher.began(task);
      task.callOff = this.#schedule.after(task.work.ms, () => {
        this.#end([task], this.#endOf(task));
      });
    }
  }

  #endOf({ index, work }: Task): Ended {
    if (work.end === "value") return { kind: "value", text: String(index) };
    if (work.end === "error") return { kind: "error", text: `E${index}` };
    return { kind: "cut", by: this.reason ?? `self ${index}` };
  }

  #end(tasks: readonly Task[], ended: Ended): void {
    this.#watcher.ending(tasks);
    for (const task of tasks) {
      task.state = "done";
      task.ended = ended;
      this.#watcher.ended(task);
      this.#startQueued();
    }
    this.#watcher.settled();
  }
}

/** The short form of an error. */
export function textOfEnded(ended: Ended): string {
  if (ended.kind === "value") return `= ${ended.text}`;
  return `! ${errorOf(ended)}`;
}

/** The error that is thrown for it. */
export function errorOf(ended: Exclude<Ended, { kind: "value" }>): string {
  return ended.kind === "error" ? ended.text : `C(${ended.by})`;
}
