import { brand, hasBrand, read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { escapeText, quoteName } from "./escape.js";
import { FailedTask } from "./failed-task.js";
import { ownMessage } from "./own-data.js";

const CANCELLED_ERROR = "@selvage/scope/CancelledError";
/** The key that the constructor requires, so that only scopes make instances. */
const madeByScope = Symbol("made by a scope");
/** A property of an error whose scope stands for a signal: its cause is the signal's reason. Registered for other copies of the package (D2). */
const OF_SIGNAL = Symbol.for("@selvage/scope/of-signal");

/**
 * The error with which cancelled work rejects. Only a cancelled scope throws it, and only that scope absorbs it.
 *
 * Each cancellation has one instance, which everything that it reaches shares. Its `name` is `"AbortError"` and its `code` is `"ABORT_ERR"`,
 * so code written for `AbortSignal` recognises it. Its `cause` is the reason given to `cancel`. Recognise it with {@link isCancellation},
 * which also accepts the errors of another copy of this package; `instanceof` does not.
 *
 * Compare Trio's `Cancelled` and asyncio's `CancelledError`. This error also names the scope that was cancelled, so cancellations do not have to
 * be counted.
 *
 * @example
 * ```ts
 * import { CancelScope, CancelledError } from "@selvage/scope";
 *
 * const scope = new CancelScope({ name: "upload" });
 * scope.cancel("the user left");
 * const error = scope.reason as CancelledError;
 * console.assert(error.scope === scope && error.cause === "the user left");
 * ```
 */
export class CancelledError extends Error {
  /** `"AbortError"`, as the platform calls it. */
  declare readonly name: "AbortError";
  /** `"ABORT_ERR"`, as Node calls it. */
  declare readonly code: "ABORT_ERR";
  // Private fields with getters. Printing an error must not print the tree (S7), and a property that is not enumerable takes longer to define.
  readonly #scope: CancelScope;
  readonly #deadline: number | undefined;

  private constructor(
    key: typeof madeByScope,
    scope: CancelScope,
    cause: unknown,
    deadline: number | undefined,
    who: string,
  ) {
    if (key !== madeByScope) {
      throw new TypeError(
        "Only scopes create a CancelledError: call scope.cancel(reason), or throw an error of another class.",
      );
    }
    const why = deadline === undefined ? explain(cause) : ": its deadline passed";
    if (FailedTask.is(cause)) cause = cause.error;
    super(`${who} was cancelled${why}`, cause === undefined ? undefined : { cause });
    this.#scope = scope;
    this.#deadline = deadline;
  }

  /** The owner of the cancellation: the scope on which `cancel` was called, or whose deadline passed. */
  get scope(): CancelScope {
    return this.#scope;
  }

  /** The deadline that passed, on the scope's clock; `undefined` if `cancel` was called. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** @internal Creates the error of a scope that stands for a signal. The signal's reason is the cause (S8). */
  static _ofSignal(scope: CancelScope, cause: unknown): CancelledError {
    const error = new CancelledError(madeByScope, scope, cause, undefined, "an AbortSignal");
    Object.defineProperty(error, OF_SIGNAL, { value: true });
    return error;
  }

  /** @internal Creates the error of a call of `cancel`. */
  static _create(scope: CancelScope, cause: unknown): CancelledError {
    return new CancelledError(madeByScope, scope, cause, undefined, titleOf(scope));
  }

  /** @internal Creates the error of a deadline that has passed. It has no stack frames, because they would only show a timer, and are expensive. */
  static _ofDeadline(scope: CancelScope, deadline: number): CancelledError {
    const { stackTraceLimit } = Error as { stackTraceLimit?: number };
    Reflect.set(Error, "stackTraceLimit", 0); // read by V8; `Reflect`, because `Error` may be frozen
    try {
      return new CancelledError(madeByScope, scope, undefined, deadline, titleOf(scope));
    } finally {
      Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    }
  }
}

Object.defineProperty(CancelledError.prototype, "name", { value: "AbortError" });
Object.defineProperty(CancelledError.prototype, "code", { value: "ABORT_ERR" });
brand(CancelledError, CANCELLED_ERROR);

/** Whether a value is a `CancelledError`, of this or another copy of the package. */
export function isCancelledError(error: unknown): error is CancelledError {
  return hasBrand(error, CANCELLED_ERROR);
}

/** Returns the reason of the signal that cancelled, if it is an object; otherwise `undefined` (S15). */
export function signalReasonOf(reason: CancelledError): object | undefined {
  if (read(reason, OF_SIGNAL) !== true) return undefined;
  const { cause } = reason;
  return typeof cause === "object" && cause !== null ? cause : undefined;
}

function titleOf({ name }: CancelScope): string {
  return name === undefined ? "the scope" : quoteName(name);
}

/** Returns the part of the message that states the reason: a string, or an error's own message. It prints no other values, and calls no getter. */
function explain(reason: unknown): string {
  if (FailedTask.is(reason)) {
    const { task, error } = reason;
    return `: ${task === undefined ? "the body" : `task ${quoteName(task)}`} failed${explain(error)}`;
  }
  const text = typeof reason === "string" ? reason : ownMessage(reason);
  return text === undefined ? "" : `: ${escapeText(text, 500)}`;
}
