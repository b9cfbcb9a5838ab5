import { isAbortSignal, ownerOf } from "./abort-signal.js";
import { hasBrand } from "../support/brand.js";
import type { CancelScope, CancelScopeOptions, ScopeLabel } from "../cancel-scope.js";
import { checkClock } from "../time/clock.js";
import { moveDeadline } from "../time/move-deadline.js";
import { enclosingScope } from "./enclosing.js";
import { checkParentOptions, checkTime, describeValue } from "../support/arguments.js";
import { observer } from "./observer.js";
import { CLOSED, link, SHIELD } from "./scope-tree.js";
import { signalScopeOf } from "./signal-scope.js";
import { endScope } from "../run/close-scope.js";

/** Marks a scope that the package makes internally: its options are not checked, and its creator links it into the tree. */
export const UNLINKED: CancelScopeOptions = Object.freeze({});
/** The options of a scope that is made without options. One shared object saves an allocation per scope. */
export const DEFAULTS: CancelScopeOptions = Object.freeze({});

/** Options of a scope that belongs to a task or an owner of tasks. */
export interface LabelledOptions extends CancelScopeOptions {
  readonly _label?: ScopeLabel;
}

/** The class `CancelScope`. The class passes itself in, because an import here would be a cycle. */
type ScopeClass = typeof CancelScope;

/** Checks every option first, and then sets up a new scope. So a wrong option changes nothing. */
export function configure(scope: CancelScope, options: CancelScopeOptions, Scope: ScopeClass): void {
  if (options === UNLINKED) return;
  const _label = (options as LabelledOptions | null)?._label;
  if (_label === undefined) checkParentOptions(options); // otherwise the caller has checked its own options
  const { parent, deadline, shield, name, clock } = options;
  if (deadline !== undefined) checkTime(deadline, "A deadline");
  if (shield !== undefined && typeof shield !== "boolean") throw mismatch("shield", "a boolean", shield);
  if (name !== undefined && typeof name !== "string") throw mismatch("name", "a string", name);
  checkClock(clock);
  const owner = parent === undefined ? enclosingScope() : parent === null ? undefined : parentScope(parent, Scope);

  if (shield === true) scope._flags |= SHIELD;
  scope._label = _label ?? name;
  scope._clock = clock ?? owner?._clock;
  if (owner !== undefined) link(scope, owner);
  observer?.opened?.(scope);
  if (deadline === undefined || deadline === Infinity || (scope._flags & CLOSED) !== 0) return;
  try {
    moveDeadline(scope, deadline);
  } catch (error) {
    endScope(scope, true, { _failed: () => ({ error }) }); // the clock has thrown
    throw error;
  }
}

/** Checks a `parent`, for functions that make their scope later. */
export function checkParent(parent: unknown): void {
  if (parent === undefined || parent === null || isAbortSignal(parent)) return;
  if (!hasBrand(parent, "@selvage/scope/CancelScope")) throw wrongParent(parent);
}

function wrongParent(parent: unknown): TypeError {
  return mismatch("parent", "a CancelScope or an AbortSignal", parent);
}

function mismatch(option: string, expected: string, got: unknown): TypeError {
  return new TypeError(`The option "${option}" must be ${expected}, got ${describeValue(got)}.`);
}

/**
 * Returns the scope to link under: the parent, or the scope that stands for a signal. For a parent of another copy of the package, its signal is
 * used (S8).
 */
function parentScope(parent: unknown, Scope: ScopeClass): CancelScope {
  if (parent instanceof Scope) return parent; // the usual case, first
  const owner = isAbortSignal(parent) ? (ownerOf(parent) ?? parent) : parent;
  if (owner instanceof Scope) return owner;
  const make = (): CancelScope => new Scope(UNLINKED);
  if (isAbortSignal(owner)) return signalScopeOf(owner, make);
  if (hasBrand(owner, "@selvage/scope/CancelScope")) {
    const scope = signalScopeOf((owner as CancelScope).signal, make);
    scope._clock = (owner as CancelScope)._clock; // the clock is inherited even so (C1)
    return scope;
  }
  throw wrongParent(parent);
}
