import { hasBrand } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { creationOf } from "./creation-site.js";
import { describeValue } from "../support/arguments.js";
import { CLOSED, NAMED, SHIELD } from "../tree/scope-tree.js";
import { heldIn } from "../tree/holdings.js";
import { TaskOwner } from "../task/task-owner.js";
import { TaskRecord } from "../task/task-record.js";

/** What is printed of an open scope (C3). It is plain data, which does not change when the scope does. */
export interface LiveScope {
  /** "scope", "task", or the kind of the owner of tasks that the scope belongs to: "TaskGroup". */
  readonly kind: string;
  readonly name: string | undefined;
  /** For a task, "queued", "running", "waiting to restart" or how it ended. For a scope, "live" or "closed". */
  readonly status: string;
  readonly cancelled: boolean;
  readonly shielded: boolean;
  /** What it waits for, if the primitive reports it: 'semaphore "db"'. */
  readonly waiting: readonly string[];
  /** What it holds, if the primitive reports it: '1 permit of semaphore "db"'. */
  readonly holding: readonly string[];
  /** Its age in milliseconds; `undefined` if its creation was not recorded. */
  readonly age: number | undefined;
  /** Where it was created; `undefined` if that was not recorded. */
  readonly site: string | undefined;
}

/** Checks an argument. @throws {TypeError} If the value is not a scope. */
export function checkScope(scope: unknown, what: string): void {
  if (hasBrand(scope, "@selvage/scope/CancelScope")) return;
  throw new TypeError(`${what} must be a CancelScope, got ${describeValue(scope)}.`);
}

/** Returns what is printed of a scope. It does not check the clock. */
export function liveScope(scope: CancelScope): LiveScope {
  const waiting: string[] = [];
  for (let waiter = scope._waiters; waiter !== undefined; waiter = waiter.next) {
    if (waiter.waiting !== undefined) waiting.push(waiter.waiting);
  }
  const creation = creationOf(scope);
  return {
    kind: kindOf(scope),
    name: scope.name,
    status: statusOf(scope),
    cancelled: scope._reason !== undefined,
    shielded: (scope._flags & SHIELD) !== 0,
    waiting,
    holding: holdingOf(scope),
    age: creation?.time === undefined ? undefined : Math.max(0, Math.round(scope.clock.now() - creation.time)),
    site: creation?.site,
  };
}

function holdingOf(scope: CancelScope): string[] {
  const held = Array.from(heldIn(scope), ({ holding }) => holding);
  const { _label: label } = scope;
  const owner = scope._parent?._label;
  let own = typeof label === "object" ? label.holding : undefined;
  if (label instanceof TaskRecord && owner instanceof TaskOwner) own = owner.holdingOf(label); // because of a shared limit
  return own === undefined ? held : [own, ...held];
}

/** Returns "scope", "task", or the kind of the owner of tasks that the scope belongs to. */
export function kindOf({ _label: label }: CancelScope): string {
  return typeof label === "object" ? label.kind : "scope";
}

/** Whether the name of a scope was given as an option. A task without one has the name of its function. */
export function isNamed({ _label: label, _flags: flags }: CancelScope): boolean {
  if (label instanceof TaskRecord) return (flags & NAMED) !== 0;
  return typeof label === "object" ? (label.isNamed ?? label.name !== undefined) : label !== undefined;
}

/** Returns the status of a task, or "live" or "closed" for any other scope. */
export function statusOf(scope: CancelScope): string {
  if (scope._label instanceof TaskRecord) return taskStatus(scope._label);
  return isClosed(scope) ? "closed" : "live";
}

/** Whether a scope is closed. That of a task may be closed by other code while the task runs. */
export function isClosed(scope: CancelScope): boolean {
  return (scope._flags & CLOSED) !== 0;
}

function taskStatus(task: TaskRecord<unknown>): string {
  if (task.done) return task.status;
  if (task.queued) return "queued";
  return task.restartsAt === undefined ? "running" : "waiting to restart";
}

/** Yields the scopes in and below a scope, parents before children. The tree must not change meanwhile. */
export function* walk(root: CancelScope): Generator<CancelScope> {
  let node: CancelScope | undefined = root;
  while (node !== undefined) {
    yield node;
    let next: CancelScope | undefined = node._firstChild;
    while (next === undefined && node !== undefined && node !== root) {
      next = node._next;
      node = node._parent;
    }
    node = next;
  }
}
