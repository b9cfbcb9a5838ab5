/// <reference lib="esnext.disposable" preserve="true" />
import { reportUncaught } from "../error/report-uncaught.js";
import { dispose } from "../support/symbols.js";
import type { Task } from "./task.js";

/** A registered done-callback. It is called at most once, and not after it was disposed of (K4). */
export interface DoneCallback extends Disposable {
  call(): void;
}

/** Makes a done-callback. It is added to the list, if one is given, and removed from it when it is disposed of, because a task may live long. */
export function makeDoneCallback<T>(
  task: Task<T>,
  fn: (task: Task<T>) => void,
  list?: Set<DoneCallback>,
): DoneCallback {
  const registration = new Registration(task, fn, list);
  list?.add(registration);
  return registration;
}

/** The registration of a done-callback, and its handle. */
class Registration<T> implements DoneCallback {
  readonly #task: Task<T>;
  /** The list of the task's done-callbacks; `undefined` once it was called, or if the task had already ended. */
  #list: Set<DoneCallback> | undefined;
  /** The function to call; `undefined` once it was called or disposed of. */
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
