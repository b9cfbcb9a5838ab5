import type { CancelScope } from "../cancel-scope.js";
import { look } from "../time/look.js";
import { idOf } from "./scope-facts.js";
import { cancelledAt } from "./observe.js";
import { checkCount, checkOptions } from "../support/arguments.js";
import { checkScope, kindOf, type LiveScope, liveScope, walk } from "./live-scope.js";
import { TaskRecord } from "../task/task-record.js";

/** What was live in a tree, as plain JSON data. */
export interface Snapshot {
  /** The scopes and owners of tasks. Parents come before children, so the root is first. */
  readonly containers: readonly ContainerSnapshot[];
  /** How many scopes and tasks are left out because of `maxScopes`. */
  readonly more: number;
}

/** What {@link snapshot} returns. */
export interface SnapshotOptions {
  /** The maximum number of scopes and tasks. `more` says how many others there are. A positive integer or `Infinity`. Default: `Infinity`. */
  readonly maxScopes?: number | undefined;
}

/** Names a scope that need not be in the snapshot. */
export interface ScopeReference {
  readonly id: number;
  readonly kind: string;
  readonly name: string | null;
}

/** A live scope, or the scope of an owner of tasks. */
export interface ContainerSnapshot extends ScopeSnapshot {
  /** The id of this container. */
  readonly container: number;
  /** The id of the container that contains it; `null` for the root of the snapshot. */
  readonly parent: number | null;
  /** The id of the task in which it was made; `null` if it was not made in a task. */
  readonly owner: number | null;
  /** Its tasks that have not ended. */
  readonly tasks: readonly TaskSnapshot[];
}

/** A task that has not ended. */
export interface TaskSnapshot extends ScopeSnapshot {
  /** The id of this task. */
  readonly id: number;
}

/** What containers and tasks have in common. */
export interface ScopeSnapshot {
  /** "scope", "task", or the kind of the owner of tasks that the scope belongs to: "TaskGroup". */
  readonly kind: string;
  readonly name: string | null;
  /** For a task, "queued", "running" or "waiting to restart". For a scope, "live" or "closed". */
  readonly status: string;
  /** The message of its `CancelledError`; `null` if it is not cancelled. */
  readonly cancelled: string | null;
  /** The scope whose cancellation this is: itself, or one above it; `null` if it is not cancelled. */
  readonly cancelledBy: ScopeReference | null;
  /**
   * For how many milliseconds it has been cancelled; `null` if it is not, or if no observer was registered at that time. {@link recordAges} is an
   * observer.
   */
  readonly cancelledFor: number | null;
  readonly shielded: boolean;
  /** What it waits for, if the primitive reports it. */
  readonly waiting: readonly string[];
  /** What it holds, if the primitive reports it. */
  readonly holding: readonly string[];
  /** Its age in milliseconds; `null` if its creation was not recorded. */
  readonly age: number | null;
  /** Where it was created; `null` if that was not recorded. */
  readonly site: string | null;
}

/**
 * Returns what {@link describeTree} prints as plain JSON data. It has the shape of Java's thread dump: a flat list of containers (scopes and owners
 * of tasks), each with its parent, the task in which it was made, and its own tasks. Ids are small, and stay the same in later snapshots.
 *
 * It takes time linear in the size of the tree. With `maxScopes` the memory is bounded, and the rest is only counted.
 *
 * @throws {TypeError} If `scope` is not a scope, or `maxScopes` is not a number.
 * @throws {RangeError} If `maxScopes` is neither a positive integer nor `Infinity`.
 * @example
 * ```ts
 * import { snapshot } from "@selvage/scope/debug";
 * import { TaskGroup } from "@selvage/task-group";
 *
 * await TaskGroup.run(
 *   async (group) => {
 *     group.createTask((scope) => scope.sleep(1), { name: "nap" });
 *     const [container] = snapshot(group.scope).containers;
 *     console.assert(container?.name === "page" && container.tasks[0]?.status === "running");
 *   },
 *   { name: "page" },
 * );
 * ```
 */
export function snapshot(scope: CancelScope, options: SnapshotOptions = {}): Snapshot {
  checkScope(scope, "The scope to take a snapshot of");
  checkOptions(options);
  const { maxScopes = Infinity } = options;
  if (maxScopes !== Infinity) checkCount("maxScopes", maxScopes);
  look(scope); // before the walk: listeners may change the tree
  const containers: ContainerSnapshot[] = [];
  /** The place of each scope that was visited. */
  const places = new Map<CancelScope, Place>();
  let more = 0;
  for (const node of walk(scope)) {
    if (places.size >= maxScopes) {
      more++;
      continue;
    }
    const above = node === scope ? undefined : places.get(node._parent!);
    const facts = snapshotOf(liveScope(node), node);
    const id = idOf(node);
    if (node._label instanceof TaskRecord && above !== undefined) {
      above.tasks.push({ id, ...facts });
      places.set(node, { container: above.container, owner: id, tasks: above.tasks });
    } else {
      const tasks: TaskSnapshot[] = [];
      containers.push({
        container: id,
        parent: above?.container ?? null,
        owner: above?.owner ?? null,
        ...facts,
        tasks,
      });
      places.set(node, { container: id, owner: null, tasks });
    }
  }
  return { containers, more };
}

/** The place in the snapshot of the scopes and tasks directly below a scope. */
interface Place {
  readonly container: number;
  readonly owner: number | null;
  readonly tasks: TaskSnapshot[];
}

function snapshotOf(
  { kind, name, status, shielded, waiting, holding, age, site }: LiveScope,
  scope: CancelScope,
): ScopeSnapshot {
  return {
    kind,
    name: name ?? null,
    status,
    cancelled: scope._reason?.message ?? null,
    ...cancellationOf(scope),
    shielded,
    waiting,
    holding,
    age: age ?? null,
    site: site ?? null,
  };
}

function cancellationOf(scope: CancelScope): Pick<ScopeSnapshot, "cancelledBy" | "cancelledFor"> {
  const reason = scope._reason;
  if (reason === undefined) return { cancelledBy: null, cancelledFor: null };
  const by = reason.scope;
  const since = cancelledAt(scope, reason);
  return {
    cancelledBy: { id: idOf(by), kind: kindOf(by), name: by.name ?? null },
    cancelledFor: since === undefined ? null : Math.max(0, Math.round(by.clock.now() - since)),
  };
}
