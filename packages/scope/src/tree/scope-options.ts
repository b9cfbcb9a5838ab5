import { adoptable, isAbortSignal, ownerOf } from "./abort-signal.js";
import { hasBrand } from "../support/brand.js";
import type { CancelScope, CancelScopeOptions, ScopeLabel } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import type { Clock } from "../time/clock.js";
import { moveDeadline } from "../time/move-deadline.js";
import { noteCreation } from "../debug/creation-site.js";
import { enclosingScope } from "./enclosing.js";
import { checkOptions, checkTime, describeValue } from "../error/errors.js";
import { CANCEL_CALLED, cancelTree, CLOSED, link, SHIELD, STAND_IN, unlink } from "./scope-tree.js";

/** Options of a scope that the package makes for itself: there is nothing to check, and the maker links it. */
export const UNLINKED: CancelScopeOptions = Object.freeze({});
/** No options: one object for all who give none. */
export const DEFAULTS: CancelScopeOptions = Object.freeze({});

/** The class, handed in by the class itself: importing it here would be a cycle. */
type ScopeClass = typeof CancelScope;

/** Checks every option, then sets up a new scope: bad input changes nothing. */
export function configure(scope: CancelScope, options: CancelScopeOptions, Scope: ScopeClass): void {
  if (options === UNLINKED) return;
  checkOptions(options);
  const { parent, deadline, shield, name, clock } = options;
  if (deadline !== undefined) checkTime(deadline, "A deadline");
  if (shield !== undefined && typeof shield !== "boolean") throw mismatch("shield", "a boolean", shield);
  if (name !== undefined && typeof name !== "string") throw mismatch("name", "a string", name);
  if (clock !== undefined && !isClock(clock)) throw mismatch("clock", "a Clock (now, setTimer, clearTimer)", clock);
  const owner = parent === undefined ? enclosingScope() : parent === null ? undefined : parentScope(parent, Scope);

  if (shield === true) scope._flags |= SHIELD;
  scope._label = name;
  scope._clock = clock ?? owner?._clock;
  noteCreation(scope);
  if (owner !== undefined) link(scope, owner);
  if (deadline === undefined || deadline === Infinity) return;
  try {
    moveDeadline(scope, deadline);
  } catch (error) {
    discard(scope); // a clock that throws
    throw error;
  }
}

/** Takes back a new scope that nothing knows of yet. */
function discard(scope: CancelScope): void {
  const parent = scope._parent;
  scope._flags |= CLOSED;
  unlink(scope);
  if (parent !== undefined) closeStandIn(parent);
}

function mismatch(option: string, expected: string, got: unknown): TypeError {
  return new TypeError(`The option "${option}" must be ${expected}, got ${describeValue(got)}.`);
}

function isClock(value: unknown): value is Clock {
  if (typeof value !== "object" || value === null) return false;
  const { now, setTimer, clearTimer } = value as Record<keyof Clock, unknown>;
  return typeof now === "function" && typeof setTimer === "function" && typeof clearTimer === "function";
}

/** The scope to be linked under: the parent itself, or one that stands for a signal or for a scope of another copy of the package (S8). */
function parentScope(parent: unknown, Scope: ScopeClass): CancelScope {
  const owner = isAbortSignal(parent) ? (ownerOf(parent) ?? parent) : parent;
  if (owner instanceof Scope) return owner;
  if (isAbortSignal(owner)) return standInFor(owner, Scope);
  if (hasBrand(owner, "@selvage/scope/CancelScope")) {
    const standIn = standInFor((owner as CancelScope).signal, Scope);
    standIn._clock = (owner as CancelScope)._clock; // its clock is inherited all the same (C1)
    return standIn;
  }
  throw mismatch("parent", "a CancelScope or an AbortSignal", parent);
}

/** One for each signal, whatever number of scopes it owns: platforms warn of a signal with many listeners, and each one costs. */
const standIns = new WeakMap<AbortSignal, CancelScope>();

function standInFor(signal: AbortSignal, Scope: ScopeClass): CancelScope {
  let standIn = standIns.get(signal);
  if (standIn === undefined) {
    standIn = new Scope(UNLINKED);
    const owner = new OuterOwner(signal, standIn);
    if (signal.aborted) owner.handleEvent();
    else signal.addEventListener("abort", owner); // not once: an event may come without an abort
    standIns.set(signal, standIn); // last: what is not listened to stands for nothing
  }
  return standIn;
}

/** What a stand-in belongs to: the signal that it stands for, and listens to. */
class OuterOwner implements ScopeLabel, EventListenerObject {
  readonly kind: string = "scope";
  readonly name: string = "an AbortSignal";
  readonly #signal: AbortSignal;
  readonly #standIn: CancelScope;

  constructor(signal: AbortSignal, standIn: CancelScope) {
    this.#signal = signal;
    this.#standIn = standIn;
    standIn._label = this;
    standIn._flags = STAND_IN;
  }

  handleEvent(): void {
    if (!this.#signal.aborted) return; // anyone can dispatch an event
    this.#signal.removeEventListener("abort", this);
    const standIn = this.#standIn;
    standIn._flags |= CANCEL_CALLED;
    cancelTree(standIn, adoptable(this.#signal) ?? CancelledError._ofSignal(standIn, this.#signal.reason));
  }

  letGo(): void {
    standIns.delete(this.#signal);
    this.#signal.removeEventListener("abort", this);
  }
}

/** A scope below has closed: a stand-in closes with the last. */
export function closeStandIn(parent: CancelScope): void {
  if ((parent._flags & STAND_IN) === 0 || parent._firstChild !== undefined) return;
  parent._flags |= CLOSED;
  (parent._label as OuterOwner).letGo();
}
