/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope, ScopeLabel } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { InvalidStateError } from "../error/errors.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { stopped } from "../support/keep-hot.js";
import { checkFunction, describeValue } from "../support/arguments.js";
import { dispose } from "../support/symbols.js";
import { type Failed, type FoldedObserver, type Observer, type ScopeEnd, setObserver } from "../tree/observer.js";
import { SIGNAL } from "../tree/scope-tree.js";

/** The members of an observer that are notified of events. `run` is not one of them. */
const MEMBERS = ["opened", "started", "waiting", "cancelled", "failed", "shutdown", "closed"] as const;

/** An observer that was registered. */
interface Registration {
  /** Its members, bound to the observer. */
  readonly members: Readonly<Members>;
  /** Its `run`, bound to the observer; `undefined` if it has none. */
  readonly run: Run | undefined;
  /** Whether it has not been removed. */
  isActive: boolean;
}

type Members = Partial<Record<(typeof MEMBERS)[number], Notify>>;
type Notify = (scope: CancelScope, ...details: unknown[]) => void;
type Run = NonNullable<Observer["run"]>;

/** The registered observers, in order of registration. */
let registrations: readonly Registration[] = [];
/**
 * Events of which an observer is being notified, outermost first. Each function notifies the observers after that one. It is called before an event
 * that the observer causes, or the others would see a scope close before it opens, and would keep it for ever.
 */
const unfinished: (() => void)[] = [];
/** When each cancellation took effect, on the clock of its root: by its root, by some scopes below it, and by its reason. */
const cancellations = new WeakMap<CancelScope | CancelledError, number>();

/**
 * Registers an observer of all scopes (N1, N2). Several observers may be registered. Their members are called synchronously, as methods, in order of
 * registration. The members are read once, in this call. An error that an observer throws is reported as uncaught, and changes nothing.
 *
 * An observer may cancel, close and create scopes, and register or remove observers. All observers see the events that it causes after the event of
 * which it is being notified. An observer that is registered during an event is called from the next event on. An observer that is removed is not
 * called again.
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
  if (typeof (observer as unknown) !== "object" || (observer as unknown) === null) {
    throw new TypeError(`An observer must be an object, got ${describeValue(observer)}.`);
  }
  const own: Members = {};
  for (const name of MEMBERS) {
    const member = memberOf(observer, name);
    if (member !== undefined) own[name] = member as Notify;
  }
  const registration: Registration = {
    members: own,
    run: memberOf(observer, "run") as Run | undefined,
    isActive: true,
  };
  change([...registrations, registration]);
  return {
    [dispose]() {
      registration.isActive = false;
      change(registrations.filter((each) => each.isActive));
    },
  };
}

/** Reads a member, and binds it to the observer. */
function memberOf(observer: Observer, name: keyof Observer): unknown {
  const member: unknown = Reflect.get(observer, name);
  if (member === undefined) return undefined;
  checkFunction(member, `The observer's ${name}`);
  return (member as (...args: unknown[]) => unknown).bind(observer);
}

/** On a walk up the tree, every so many steps the time is remembered. So walks take constant time, on average, in trees of any depth. */
const MOST_STEPS = 8;

/** Returns when a scope was cancelled, on the clock of its root; `undefined` if no observer was registered at that time. */
export function cancelledAt(scope: CancelScope, reason: CancelledError): number | undefined {
  const passed: CancelScope[] = [];
  let steps = 0;
  // One reason may cancel several trees, one after the other (V4). Then the nearest root counts.
  for (let node: CancelScope | undefined = scope; node?._reason === reason; node = node._parent) {
    const time = cancellations.get(node);
    if (time !== undefined) {
      for (const each of passed) cancellations.set(each, time);
      return time;
    }
    if (++steps % MOST_STEPS === 0) passed.push(node);
  }
  return cancellations.get(reason);
}

/** Records when a cancellation took effect. */
function noteTime(root: CancelScope, reason: CancelledError): void {
  let time: number;
  try {
    time = root.clock.now();
  } catch {
    return; // the clock throws; that is not reported, because the program did not read it
  }
  cancellations.set(root, time);
  if (!cancellations.has(reason)) cancellations.set(reason, time);
}

/** Replaces the registered observers. */
function change(next: readonly Registration[]): void {
  registrations = next;
  const folded = fold(next); // also of none, so that observers that were removed are released
  setObserver(next.length === 0 ? undefined : folded);
}

/** The members of all observers together, without what the fold adds. */
let members: Members = {};

/** Makes one observer that calls all given ones. Beside what the core needs for the fold, it has a member if one of them has it. */
function fold(all: readonly Registration[]): FoldedObserver {
  members = {};
  for (const name of MEMBERS) {
    const having = all.filter((registration) => registration.members[name] !== undefined);
    if (having.length > 0) members[name] = notifyAll(having, name);
  }
  const { waiting, closed, ...rest } = members;
  const folded: FoldedObserver = { ...rest, opened: noteOpened, cancelled: noteCancelled };
  if (waiting !== undefined) {
    folded.waiting = (scope, waiter, isOver) => {
      const what = waiter.waiting;
      if (what !== undefined) waiting(scope, isOver ? undefined : what);
    };
  }
  if (closed !== undefined) folded.closed = (scope, failed) => closed(scope, endOf(scope, failed));
  const wrapping = all.filter(({ run }) => run !== undefined);
  if (wrapping.length === 0) return folded;
  return {
    ...folded,
    run: <R>(scope: CancelScope, fn: () => R): R =>
      wrapping.reduceRight(
        (inner, { run }) =>
          () =>
            runIn(run!, scope, inner),
        fn,
      )(),
  };
}

/** Notifies the observers of a new scope (N2). If a scope that stands for a signal was made for it, they are notified of that one first. */
function noteOpened(scope: CancelScope): void {
  if (scope._clock === stopped) return; // made only to keep code compiled
  const parent = scope._parent;
  if (parent !== undefined && (parent._flags & SIGNAL) !== 0 && parent._firstChild === scope) {
    members.opened?.(parent);
    if (parent._reason !== undefined) noteCancelled(parent, parent._reason);
  }
  members.opened?.(scope);
}

/** Notifies the observers of a cancellation, and records its time. */
function noteCancelled(root: CancelScope, reason: CancelledError): void {
  noteTime(root, reason);
  members.cancelled?.(root, reason);
}

/** How a scope ended (N2). A task has its final status, unless other code has closed its scope before. */
function endOf({ _reason: reason, _label: label }: CancelScope, failed: Failed | undefined): ScopeEnd {
  if (failed !== undefined) return { status: "rejected", error: failed.error };
  const isFulfilled = reason === undefined || (label as Partial<ScopeLabel> | undefined)?.status === "fulfilled";
  return { status: isFulfilled ? "fulfilled" : "cancelled" };
}

/** Makes a function that calls one member of all observers. */
function notifyAll(all: readonly Registration[], name: (typeof MEMBERS)[number]): Notify {
  return (scope, ...details) => {
    for (const notifyOthers of unfinished) notifyOthers();
    let index = 0;
    const notifyOthers = (): void => {
      while (index < all.length) {
        const registration = all[index++]!; // counted first, because the observer may cause another event
        if (!registration.isActive) continue; // an observer before it has removed it
        try {
          registration.members[name]!(scope, ...details);
        } catch (error) {
          reportUncaught(error);
        }
      }
    };
    unfinished.push(notifyOthers);
    try {
      notifyOthers();
    } finally {
      unfinished.pop();
    }
  };
}

/** Calls a function through an observer's `run`. Whatever the observer does, the function is called once, and its outcome is used. */
function runIn<R>(run: Run, scope: CancelScope, fn: () => R): R {
  let isCalled = false;
  let outcome: { readonly value: R } | { readonly error: unknown } | undefined;
  const call = (): R => {
    if (!isCalled) {
      isCalled = true; // first, because the function may cause another call
      try {
        outcome = { value: fn() };
      } catch (error) {
        outcome = { error };
      }
    }
    if (outcome === undefined)
      throw new InvalidStateError("An observer's run() called its function while it ran: call it once.");
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  };
  try {
    run(scope, call);
  } catch (error) {
    const isOutcome = outcome !== undefined && "error" in outcome && Object.is(outcome.error, error);
    if (!isOutcome) reportUncaught(error);
  }
  return call();
}
