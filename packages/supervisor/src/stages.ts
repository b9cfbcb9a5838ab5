import type { Task } from "@selvage/scope";

/** The tasks whose turn in a shutdown is still to come, by stage. */
export class Stages {
  readonly #tasks = new Map<number, Set<Task<unknown>>>();
  /** The stages, the highest first; `undefined` until the first one is taken. */
  #order: number[] | undefined = undefined;

  /** Adds a task. All are added before the first stage is taken. */
  add(task: Task<unknown>, stage: number): void {
    const tasks = this.#tasks.get(stage);
    if (tasks === undefined) this.#tasks.set(stage, new Set([task]));
    else tasks.add(task);
  }

  /** Removes a task that has ended, or is not waited for. */
  delete(task: Task<unknown>, stage: number): void {
    const tasks = this.#tasks.get(stage);
    if (tasks?.delete(task) === true && tasks.size === 0) this.#tasks.delete(stage);
  }

  /** Whether no stage is left. */
  get isEmpty(): boolean {
    return this.#tasks.size === 0;
  }

  /** Takes the lowest stage that has tasks, which are in order of creation. */
  take(): { readonly stage: number; readonly tasks: ReadonlySet<Task<unknown>> } | undefined {
    this.#order ??= [...this.#tasks.keys()].sort((one, other) => other - one);
    for (let stage = this.#order.pop(); stage !== undefined; stage = this.#order.pop()) {
      const tasks = this.#tasks.get(stage);
      if (tasks === undefined) continue; // all of them have ended
      this.#tasks.delete(stage);
      return { stage, tasks };
    }
    return undefined;
  }
}
