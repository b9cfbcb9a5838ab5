import { brand, hasBrand, read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { escapeText, quoteName } from "./escape.js";
import { FailedTask } from "./failed-task.js";
import { ownMessage } from "./own-data.js";

const CANCELLED_ERROR = "@selvage/scope/CancelledError";
const madeByScope = Symbol("made by a scope");
/** On an error whose scope stands for a signal, so that its cause is the signal's reason. Registered for other copies (D2). */
const OF_SIGNAL = Symbol.for("@selvage/scope/of-signal");

/**
 * What cancelled work is rejected with; thrown by nothing but a cancelled scope, which alone may absorb it.
 *
 * One instance stands for one cancellation and is shared by all that it reaches. Its `name` is `"AbortError"` and its `code`
 * `"ABORT_ERR"`, so that code written for `AbortSignal` recognises it; its `cause` is the reason given to `cancel`. Recognise
 * one with {@link isCancellation}, which also knows those of another copy of this package; `instanceof` does not.
 *
 * Kin: Trio's `Cancelled`, asyncio's `CancelledError`; unlike theirs it names its owner, so nothing has to be counted.
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
  // Private, with getters: printing an error must not print the tree (S7), and a property that is not enumerable takes longer to define.
  readonly #scope: CancelScope;
  readonly #deadline: number | undefined;

  private constructor(key: typeof madeByScope, scope: CancelScope, cause: unknown, deadline: number | undefined) {
    if (key !== madeByScope) {
      throw new TypeError(
        "Only scopes make a CancelledError: call scope.cancel(reason), or throw an error of your own.",
      );
    }
    const who = scope.name === undefined ? "the scope" : quoteName(scope.name);
    const why = deadline === undefined ? explain(cause) : ": its deadline passed";
    if (FailedTask.is(cause)) cause = cause.error;
    super(`${who} was cancelled${why}`, cause === undefined ? undefined : { cause });
    this.#scope = scope;
    this.#deadline = deadline;
  }

  /** The scope that was cancelled, or whose deadline passed: the owner of the cancellation. */
  get scope(): CancelScope {
    return this.#scope;
  }

  /** The deadline that passed, on the scope's clock; `undefined` if `cancel` was called. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** @internal The error of a scope that stands for a signal, whose reason is the cause (S8). */
  static _ofSignal(scope: CancelScope, cause: unknown): CancelledError {
    const error = CancelledError._create(scope, cause);
    Object.defineProperty(error, OF_SIGNAL, { value: true });
    return error;
  }

  /** @internal */
  static _create(scope: CancelScope, cause: unknown): CancelledError {
    return new CancelledError(madeByScope, scope, cause, undefined);
  }

  /** @internal The error of a deadline that has passed. It has no stack frames: they would show a timer, and cost more than all the rest. */
  static _ofDeadline(scope: CancelScope, deadline: number): CancelledError {
    const { stackTraceLimit } = Error as { stackTraceLimit?: number };
    Reflect.set(Error, "stackTraceLimit", 0); // which V8 reads, and which may be frozen
    try {
      return new CancelledError(madeByScope, scope, undefined, deadline);
    } finally {
      Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
    }
  }
}

Object.defineProperty(CancelledError.prototype, "name", { value: "AbortError" });
Object.defineProperty(CancelledError.prototype, "code", { value: "ABORT_ERR" });
brand(CancelledError, CANCELLED_ERROR);

/** Whether this is a `CancelledError`, of whichever copy of the package. */
export function isCancelledError(error: unknown): error is CancelledError {
  return hasBrand(error, CANCELLED_ERROR);
}

/** Where a signal cancelled: the signal's own reason, if it is an object (S15). */
export function signalReasonOf(reason: CancelledError): object | undefined {
  if (read(reason, OF_SIGNAL) !== true) return undefined;
  const { cause } = reason;
  return typeof cause === "object" && cause !== null ? cause : undefined;
}

/** What the message says about a reason: a text or an error's own message, never a dump of any value. No getter is called. */
function explain(reason: unknown): string {
  if (FailedTask.is(reason)) {
    const { task, error } = reason;
    return `: ${task === undefined ? "the body" : `task ${quoteName(task)}`} failed${explain(error)}`;
  }
  const text = typeof reason === "string" ? reason : ownMessage(reason);
  return text === undefined ? "" : `: ${escapeText(text, 500)}`;
}
