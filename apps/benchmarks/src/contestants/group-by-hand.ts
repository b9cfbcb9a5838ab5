/** The least group that one writes by hand: it knows its tasks and the groups below it, cancels them, and waits for them. */
import type { Programs } from "../programs.js";
import { allWaiting, resolved, work } from "../work.js";

export const programs: Programs = {
  async cancelDeep(n) {
    const owner = new Group(undefined);
    const outermost = level(owner, n);
    await allWaiting(n);
    owner.cancel(new Error("cancelled"));
    await Promise.allSettled([outermost]);
  },
};

class Group {
  readonly #children = new Set<Group>();
  readonly #tasks = new Set<Promise<unknown>>();
  #reject: ((reason: Error) => void) | undefined;

  constructor(parent: Group | undefined) {
    if (parent !== undefined) parent.#children.add(this);
  }

  /** Runs `body` in a group below `parent`, and waits for its tasks. */
  static async run(parent: Group, body: (group: Group) => Promise<void>): Promise<void> {
    const group = new Group(parent);
    try {
      await body(group);
    } finally {
      while (group.#tasks.size > 0) await Promise.allSettled(group.#tasks);
      parent.#children.delete(group);
    }
  }

  start(fn: () => Promise<void>): void {
    const task = fn();
    this.#tasks.add(task);
    const remove = (): unknown => this.#tasks.delete(task);
    task.then(remove, remove);
  }

  /** Rejects when the group is cancelled. */
  wait(): Promise<never> {
    return new Promise((_, reject) => {
      this.#reject = reject;
    });
  }

  /** Without recursion: a tree may be deeper than the stack. */
  cancel(reason: Error): void {
    const groups: Group[] = [this];
    for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
      group.#reject?.(reason);
      groups.push(...group.#children);
    }
  }
}

async function level(parent: Group, depth: number): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  try {
    await Group.run(parent, (group) => {
      if (depth > 1) group.start(() => level(group, depth - 1));
      return group.wait();
    });
  } finally {
    work.ended++;
  }
}
