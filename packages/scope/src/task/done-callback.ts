/// <reference lib="esnext.disposable" preserve="true" />
import { reportUncaught } from "../error/report-uncaught.js";
import { dispose } from "../support/symbols.js";
import type { Task } from "./task.js";

/** A registered done-callback: called once at most, and not once it is disposed of (K4). */
export interface DoneCallback extends Disposable {
  call(): void;
}

/** Makes one; with a list, adds it, and a disposed one leaves the list: a task may live long. */
export function makeDoneCallback<T>(
  task: Task<T>,
  fn: (task: Task<T>) => void,
  list?: Set<DoneCallback>,
): DoneCallback {
  const registration = new Registration(task, fn, list);
  list?.add(registration);
  return registration;
}

class Registration<T> implements DoneCallback {
  readonly #task: Task<T>;
  #list: Set<DoneCallback> | undefined;
  #fn: ((task: Task<T>) => void) | undefined;

  constructor(task: Task<T>, fn: (task: Task<T>) => void, list: Set<DoneCallback> | undefined) {
    this.#task = task;
    this.#fn = fn;
    this.#list = list;
  }

  call(): void {
    const fn = this.#fn;
    this.#fn = this.#list = undefined;
    try {
      fn?.(this.#task);
    } catch (error) {
      reportUncaught(error);
    }
  }

  [dispose](): void {
    this.#fn = undefined;
    this.#list?.delete(this);
  }
}
