/// <reference lib="esnext.disposable" preserve="true" />
import { reportUncaught } from "./errors.js";
import { dispose } from "./symbols.js";
import type { Task } from "./task.js";

/** A registered done-callback: called once at most, and not once it is disposed of (K4). */
export interface DoneCallback extends Disposable {
  call(): void;
}

export function makeDoneCallback<T>(task: Task<T>, fn: (task: Task<T>) => void): DoneCallback {
  return new Registration(task, fn);
}

class Registration<T> implements DoneCallback {
  readonly #task: Task<T>;
  #fn: ((task: Task<T>) => void) | undefined;

  constructor(task: Task<T>, fn: (task: Task<T>) => void) {
    this.#task = task;
    this.#fn = fn;
  }

  call(): void {
    const fn = this.#fn;
    this.#fn = undefined;
    try {
      fn?.(this.#task);
    } catch (error) {
      reportUncaught(error);
    }
  }

  [dispose](): void {
    this.#fn = undefined;
  }
}
