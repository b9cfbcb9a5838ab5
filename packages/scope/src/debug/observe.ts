/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { checkFunction, checkOptions } from "../support/arguments.js";
import { dispose } from "../support/symbols.js";
import { type Observer, setObserver } from "../tree/observer.js";

/** The members of an observer, except `run`, which wraps calls. */
const MEMBERS = ["opened", "started", "waiting", "cancelled", "failed", "shutdown", "closed"] as const;

/** The registered observers, in order of registration. */
let observers: readonly Observer[] = [];
/** When each cancellation took effect, on the clock of the scope that was cancelled. */
const cancellations = new WeakMap<CancelledError, number>();

/**
 * Registers an observer of all scopes (N1, N2). Several observers may be registered. They are called synchronously, in order of registration. An
 * error that an observer throws is reported as uncaught, and changes nothing.
 *
 * Without observers, each event costs one comparison. With observers, it costs their calls.
 *
 * @returns A handle that removes the observer.
 * @throws {TypeError} If the observer is not an object, or a member of it is not a function.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { observe, parentOf } from "@selvage/scope/lowlevel";
 *
 * const events: string[] = [];
 * using observing = observe({
 *   opened: (scope) => events.push(`open ${scope.name} under ${parentOf(scope)?.name}`),
 *   closed: (scope, { status }) => events.push(`close ${scope.name}: ${status}`),
 * });
 * await CancelScope.run(
 *   async (page) => {
 *     using part = new CancelScope({ name: "part", parent: page });
 *     page.cancel();
 *   },
 *   { name: "page" },
 * );
 * console.assert(events.join("; ") === "open page under undefined; open part under page; close part: cancelled; close page: cancelled");
 * ```
 */
export function observe(observer: Observer): Disposable {
  if ((observer as unknown) === undefined) throw new TypeError("observe() needs an observer, got undefined.");
  checkOptions(observer);
  for (const name of [...MEMBERS, "run"] as const) {
    const member: unknown = Reflect.get(observer, name);
    if (member !== undefined) checkFunction(member, `The observer's ${name}`);
  }
  const registered: Observer = Object.create(observer) as Observer; // the same observer may be registered twice
  change([...observers, registered]);
  return {
    [dispose]() {
      change(observers.filter((each) => each !== registered));
    },
  };
}

/** Returns when a cancellation took effect, on the clock of the scope that was cancelled; `undefined` if no observer was registered at that time. */
export function cancelledAt(reason: CancelledError): number | undefined {
  return cancellations.get(reason);
}

function change(next: readonly Observer[]): void {
  observers = next;
  setObserver(next.length === 0 ? undefined : fold(next));
}

/** Makes one observer that calls all given ones. It has a member if one of them has it. */
function fold(all: readonly Observer[]): Observer {
  const folded: Record<string, (scope: CancelScope, ...rest: unknown[]) => void> = {};
  for (const name of MEMBERS) {
    const having = all.filter((observer) => observer[name] !== undefined);
    if (having.length === 0) continue;
    folded[name] = (scope, ...rest) => {
      for (const observer of having) {
        guard(() => (observer[name] as (scope: CancelScope, ...rest: unknown[]) => void)(scope, ...rest));
      }
    };
  }
  const { cancelled } = folded;
  folded["cancelled"] = (scope, reason) => {
    guard(() => cancellations.set(reason as CancelledError, scope.clock.now()));
    cancelled?.(scope, reason);
  };
  const wrapping = all.filter((observer) => observer.run !== undefined);
  if (wrapping.length === 0) return folded;
  return {
    ...(folded as Observer),
    run: (scope, fn) => wrapping.reduceRight((inner, observer) => () => runIn(observer, scope, inner), fn)(),
  };
}

/** Calls code of an observer. Its error is reported as uncaught. */
function guard(step: () => unknown): void {
  try {
    step();
  } catch (error) {
    reportUncaught(error);
  }
}

/** Calls a function through an observer's `run`. Whatever the observer does, the function is called once and its outcome is used. */
function runIn<R>(observer: Observer, scope: CancelScope, fn: () => R): R {
  let outcome: { readonly value: R } | { readonly error: unknown } | undefined;
  const call = (): R => {
    if (outcome === undefined) {
      try {
        outcome = { value: fn() };
      } catch (error) {
        outcome = { error };
      }
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  };
  try {
    observer.run!(scope, call);
  } catch (error) {
    const isOutcome = outcome !== undefined && "error" in outcome && outcome.error === error;
    if (!isOutcome) reportUncaught(error);
  }
  return call();
}
