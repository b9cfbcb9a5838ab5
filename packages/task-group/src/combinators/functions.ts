import type { TaskFunction } from "@selvage/scope";
import { checkFunction, describeValue, escapeText, functionName, quoteName } from "@selvage/scope/internal";
import type { TaskCall } from "@selvage/scope/lowlevel";

/** Task functions in an array, or by key in a plain object. */
export type TaskFunctions = readonly TaskFunction<unknown>[] | Readonly<Record<string, TaskFunction<unknown>>>;

/** The type of the result of one function. */
export type ResultAt<F> = F extends (...args: never) => infer R ? Awaited<R> : never;

/** A copy of the functions that a combinator received. The caller may change the original while the combinator runs. */
export class FunctionList {
  /** The functions. If they came in an object, the key is the name of the task. */
  readonly calls: readonly TaskCall[];
  /** The keys of the object; `undefined` if the functions came in an array. */
  readonly #keys: readonly string[] | undefined;

  /** @throws {TypeError} If `fns` is neither an array nor a plain object, or holds something that is not a function. */
  constructor(fns: TaskFunctions) {
    if (Array.isArray(fns)) {
      this.#keys = undefined;
      const copy: TaskFunction<unknown>[] = [...(fns as readonly TaskFunction<unknown>[])]; // a hole becomes `undefined`
      this.calls = copy.map((fn, index) => named(fn, `Task ${index}`, undefined));
    } else {
      checkPlain(fns);
      this.#keys = Object.keys(fns);
      this.calls = this.#keys.map((key) => named((fns as Record<string, unknown>)[key], `Task ${quoteName(key)}`, key));
    }
  }

  /** Returns values, given in the order of the functions, as an array or an object, like the functions. */
  shape(values: readonly unknown[]): unknown {
    // Not by assignment, because `__proto__` must be a key like any other.
    return this.#keys === undefined ? values : Object.fromEntries(this.#keys.map((key, index) => [key, values[index]]));
  }
}

/** Checks a function, and returns its call. */
function named(fn: unknown, what: string, name: string | undefined): TaskCall {
  checkFunction(fn, what);
  return { fn: fn as TaskFunction<unknown>, options: name === undefined ? undefined : { name } };
}

/** Throws unless a value is a plain object. */
function checkPlain(value: unknown): void {
  let received = describeValue(value);
  if (typeof value === "object" && value !== null) {
    const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
    if (prototype === null || prototype === Object.prototype) return;
    // The name of the class in the message shows why the object is not accepted.
    const name = functionName(Object(prototype.constructor) as object);
    if (name !== "") received = `an instance of ${escapeText(name, 100)}`;
  }
  throw new TypeError(`The tasks must be an array of functions or a plain object of functions, got ${received}.`);
}
