import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { judge } from "./absorb.js";
import { endScope } from "./close-scope.js";
import { subscribe } from "../support/deferred.js";
import { callIn } from "../tree/enclosing.js";
import { ExceptionGroup } from "../error/exception-group.js";
import type { Failed } from "../tree/observer.js";
import { CANCELLED_CAUGHT, STARTED } from "../tree/scope-tree.js";

/** What a caller of {@link runBody} does at the end of the run. */
export interface RunHooks<A> {
  /** Called first, when the body has ended and the scope is open. It must not throw. */
  ended?(argument: A): void;
  /**
   * Called with the reason if the scope absorbs a cancellation, before the scope closes. If it returns an error, the run fails with that, and `caught`
   * is not called. It must not throw.
   */
  expired?(reason: CancelledError, argument: A): Error | undefined;
  /**
   * Called with the reason if the scope absorbs a cancellation, after the scope has closed. The call then resolves `undefined`, or rejects if this
   * throws.
   */
  caught?(reason: CancelledError, argument: A): void;
  /** Called last, with the error of a call that would reject. The call ends as its result does. */
  failed?(error: unknown, argument: A): unknown;
}

/** An explicit cancel of the run's own scope passes to the caller as a `CancelledError` (O4). */
export const RETHROW: RunHooks<unknown> = {
  caught(reason) {
    throw reason;
  },
};

/** Runs a body in a scope, waits for it, and closes the scope (S14). If the scope absorbs a cancellation, the call resolves `undefined`. */
export function runBody<A, T>(
  scope: CancelScope,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
  hooks?: RunHooks<A>,
): Promise<T | undefined> {
  scope._flags |= STARTED;
  let result: unknown;
  try {
    result = callIn(scope, body, argument);
  } catch (error) {
    result = Promise.reject(error);
  }
  // Callbacks, because an async function is slower, and its locals stay alive across `await`.
  return subscribe(
    result,
    (value: T) => {
      hooks?.ended?.(argument);
      const failure = endScope(scope, false);
      return failure === undefined ? value : fail(failure, argument, hooks);
    },
    (error) => {
      hooks?.ended?.(argument);
      try {
        endFailed(scope, error, argument, hooks);
        hooks?.caught?.(scope._reason!, argument);
      } catch (failure) {
        return fail(failure, argument, hooks);
      }
      return undefined;
    },
  ) as Promise<T | undefined>;
}

function fail<A>(failure: unknown, argument: A, hooks: RunHooks<A> | undefined): unknown {
  if (hooks?.failed === undefined) throw failure;
  return hooks.failed(failure, argument);
}

/** Ends a scope whose body threw, and throws unless the scope absorbs the error. */
function endFailed<A>(scope: CancelScope, error: unknown, argument: A, hooks: RunHooks<A> | undefined): void {
  const verdict = judge(scope, error);
  let failed: Failed | undefined = verdict === "failure" ? { error } : undefined;
  if (verdict === "own") {
    scope._flags |= CANCELLED_CAUGHT;
    const expired = hooks?.expired?.(scope._reason!, argument);
    if (expired !== undefined) failed = { error: expired };
  }
  endScope(scope, true, {
    _failed(failure) {
      if (failure !== undefined) failed = verdict === "failure" ? both(error, failure) : { error: failure };
      return failed;
    },
  });
  if (failed !== undefined) throw failed.error;
  if (verdict === "outer") throw scope._reason as Error;
}

/** The failure of a run whose body threw, and whose scope could not be closed without an error. */
function both(error: unknown, failure: unknown): Failed {
  return { error: new ExceptionGroup("a run failed", [error, failure]) };
}
