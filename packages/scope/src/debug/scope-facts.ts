import type { CancelScope } from "../cancel-scope.js";
import { cancelledAt } from "./observe.js";
import { earliestDeadline } from "../time/deadline.js";
import { checkScope, isNamed, kindOf, statusOf } from "./live-scope.js";
import { labelOf } from "../tree/sibling-scope.js";

/** What observers may know about a scope (N4). It is plain data, which does not change when the scope does. */
export interface ScopeFacts {
  /** A small number that identifies the scope. It never changes. */
  readonly id: number;
  /** "scope", "task", or the kind of the owner of tasks that the scope belongs to: "TaskGroup". */
  readonly kind: string;
  readonly name: string | undefined;
  /** Whether the name was given as an option. Otherwise the scope has no name, or that of a function. */
  readonly named: boolean;
  /** For a task, "queued", "running", "waiting to restart" or how it ended. For any other scope, "live" or "closed". */
  readonly status: string;
  /** For a task, the number of its latest run. For the scope of one run of a restarted task, its number. Otherwise `undefined`. */
  readonly attempt: number | undefined;
  /** The earliest visible deadline, in milliseconds on the scope's clock; `Infinity` if there is none. */
  readonly deadline: number;
  /** The owner of the cancellation; `undefined` while the scope is not cancelled. */
  readonly cancelledBy: CancelScope | undefined;
  /**
   * When the scope was cancelled, on the owner's clock; `undefined` if it is not, if no observer was registered at that time, or if the clock
   * threw.
   */
  readonly cancelledAt: number | undefined;
}

/** The ids that were given to scopes. */
const ids = new WeakMap<CancelScope, number>();
let latestId = 0;

/** A small number that identifies the scope. It never changes. */
export function idOf(scope: CancelScope): number {
  let id = ids.get(scope);
  if (id === undefined) ids.set(scope, (id = ++latestId));
  return id;
}

/**
 * Returns the public facts about a scope, for observers. It does not check the clock, so a scope whose deadline has passed without being noticed is
 * reported as not cancelled. It reads clocks only if a visible deadline is on another clock than the scope's.
 *
 * @throws {TypeError} If `scope` is not a scope. If a clock throws, the call throws that error (C1).
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { factsOf } from "@selvage/scope/lowlevel";
 *
 * using scope = new CancelScope({ name: "search" });
 * scope.cancel();
 * const { kind, name, cancelledBy } = factsOf(scope);
 * console.assert(kind === "scope" && name === "search" && cancelledBy === scope);
 * ```
 */
export function factsOf(scope: CancelScope): ScopeFacts {
  checkScope(scope, "The scope");
  const reason = scope._reason;
  return {
    id: idOf(scope),
    kind: kindOf(scope),
    name: scope.name,
    named: isNamed(scope),
    status: statusOf(scope),
    attempt: labelOf(scope)?.attempt,
    deadline: earliestDeadline(scope),
    cancelledBy: reason?.scope,
    cancelledAt: reason && cancelledAt(scope, reason),
  };
}
