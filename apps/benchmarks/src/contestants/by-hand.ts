/** Promises that are resolved one by one: tasks end as if they had succeeded, and items go from hand to hand. */
import type { Programs } from "../programs.js";
import { allWaiting, expectItem, resolved, work } from "../work.js";

let resolvers: (() => void)[] = [];

export const programs: Programs = {
  async cancelWide(n) {
    const tasks: Promise<void>[] = [];
    for (let i = 0; i < n; i++) tasks.push(task());
    await allWaiting(n);
    resolveAll();
    await Promise.all(tasks);
  },

  async cancelDeep(n) {
    const outermost = level(n);
    await allWaiting(n);
    resolveAll();
    await outermost;
  },

  async handOver(n, capacity) {
    const queue = new Queue(capacity);
    await Promise.all([send(queue, n), receive(queue, n)]);
  },
};

async function task(): Promise<void> {
  work.started++;
  await new Promise<void>((resolve) => {
    resolvers.push(resolve);
  });
  work.ended++;
}

async function level(depth: number): Promise<void> {
  await resolved; // unwinds the stack: a tree may be deeper than the stack
  work.started++;
  const inner = depth > 1 ? level(depth - 1) : undefined;
  await new Promise<void>((resolve) => {
    resolvers.push(resolve);
  });
  await inner;
  work.ended++;
}

function resolveAll(): void {
  const waiting = resolvers;
  resolvers = [];
  for (const resolve of waiting) resolve();
}

/** What a user writes for one sender and one receiver: a promise for each wait. */
class Queue {
  readonly #capacity: number;
  /** The last item may be that of a sender that waits. */
  readonly #items: number[] = [];
  #accept: (() => void) | undefined = undefined;
  #deliver: ((item: number) => void) | undefined = undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  send(item: number): Promise<void> {
    const deliver = this.#deliver;
    if (deliver !== undefined) {
      this.#deliver = undefined;
      deliver(item);
      return resolved;
    }
    this.#items.push(item);
    if (this.#items.length <= this.#capacity) return resolved;
    return new Promise((accept) => {
      this.#accept = accept;
    });
  }

  receive(): Promise<number> {
    const item = this.#items.shift();
    if (item === undefined) {
      return new Promise((deliver) => {
        this.#deliver = deliver;
      });
    }
    const accept = this.#accept;
    this.#accept = undefined;
    accept?.();
    return Promise.resolve(item);
  }
}

async function send(queue: Queue, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    work.started++;
    await queue.send(i);
  }
}

async function receive(queue: Queue, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    expectItem(await queue.receive(), i);
    work.ended++;
  }
}
