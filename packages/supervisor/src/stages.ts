import type { Task } from "@selvage/scope";

/** The stages of a shutdown that have not had their turn, with their tasks. */
export class Stages {
  /** The tasks of each stage that has any. */
  readonly #tasks = new Map<number, Set<Task<unknown>>>();
  /** The stages that have not been taken, the highest first, including empty ones; `undefined` until the first one is taken. */
  #order: number[] | undefined = undefined;

  /** Adds a task. It must be called before the first stage is taken. */
  add(task: Task<unknown>, stage: number): void {
    const tasks = this.#tasks.get(stage);
    if (tasks === undefined) this.#tasks.set(stage, new Set([task]));
    else tasks.add(task);
  }

  /** Removes a task, if it is still here. */
  delete(task: Task<unknown>, stage: number): void {
    const tasks = this.#tasks.get(stage);
    if (tasks?.delete(task) === true && tasks.size === 0) this.#tasks.delete(stage);
  }

  /** Whether no stage is left. */
  get isEmpty(): boolean {
    return this.#tasks.size === 0;
  }

  /** Takes the lowest stage that has tasks. Its tasks are in order of creation. Returns `undefined` if there is none. */
  take(): { readonly stage: number; readonly tasks: ReadonlySet<Task<unknown>> } | undefined {
    this.#order ??= [...this.#tasks.keys()].sort((one, other) => other - one);
    for (let stage = this.#order.pop(); stage !== undefined; stage = this.#order.pop()) {
      const tasks = this.#tasks.get(stage);
      if (tasks === undefined) continue; // all its tasks have ended
      this.#tasks.delete(stage);
      return { stage, tasks };
    }
    return undefined;
  }
}
