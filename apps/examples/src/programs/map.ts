import { leaves } from "@selvage/exception-group";
import { CancelScope, type Clock } from "@selvage/scope";
import { map } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * Records are read from a source and stored three at a time. Every third record is large, and takes three times as
 * long. In two of the cases, the fifth record is broken.
 *
 * Look at: the time it takes, because a chunk is as slow as its slowest record; and what is still being stored when
 * the caller gets the error of the broken record. Neither way reads ahead of what it stores, and both close the
 * source.
 */
export const program: Program = {
  name: "map",
  description: "records of a source stored three at a time: in chunks, or by map with a limit",
  async run(stage) {
    await inChunks(new Store(stage), stage);
    await withMap(new Store(stage), stage);
    await inChunks(new Store(stage, 5), stage);
    await withMap(new Store(stage, 5), stage);
  },
};

const limit = 3;

async function inChunks(store: Store, { out, clock }: Stage): Promise<void> {
  out(`Promise.all, in chunks${store.title}`);
  const timers = new NativeTimers(clock);
  let chunk: Promise<number>[] = [];
  const stored: number[] = [];
  try {
    for await (const record of store.source()) {
      chunk.push(store.put(record, timers));
      if (chunk.length < limit) continue;
      stored.push(...(await Promise.all(chunk)));
      chunk = [];
    }
    stored.push(...(await Promise.all(chunk))); // The last chunk, which is easily forgotten.
    store.report(stored);
  } catch (error) {
    out(`  caught ${String(error)}; records still being stored: ${store.open}`);
  }
  await Promise.allSettled(chunk); // They are stored, but the caller does not know.
}

async function withMap(store: Store, { out, clock }: Stage): Promise<void> {
  out(`map, with a limit${store.title}`);
  try {
    store.report(await map(store.source(), (record, scope) => store.put(record, scope), { limit, clock }));
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}; records still being stored: ${store.open}`);
  }
}

/** The source and the destination of the records; counts the records in between. */
class Store {
  open = 0;
  readonly title: string;
  readonly #out: (line: string) => void;
  readonly #clock: Clock;
  readonly #timers: NativeTimers;
  readonly #begun: number;
  readonly #broken: number | undefined;
  #read = 0;
  #most = 0;

  constructor({ out, clock }: Stage, broken?: number) {
    this.title = broken === undefined ? "" : `, where record ${broken} is broken`;
    this.#out = out;
    this.#clock = new CancelScope({ clock }).clock;
    this.#timers = new NativeTimers(clock);
    this.#begun = this.#clock.now();
    this.#broken = broken;
  }

  async *source(): AsyncGenerator<number> {
    try {
      await this.#timers.sleep(100); // It connects.
      while (this.#read < 10) yield ++this.#read;
    } finally {
      this.#out(`  the source is closed after ${this.#read} records`);
    }
  }

  async put(record: number, where: Sleeper): Promise<number> {
    this.#most = Math.max(this.#most, ++this.open);
    try {
      await where.sleep(record % 3 === 0 ? 300 : 100);
      if (record === this.#broken) throw new Error(`record ${record} is broken`);
      return record;
    } finally {
      this.open--;
    }
  }

  report(stored: readonly number[]): void {
    const seconds = ((this.#clock.now() - this.#begun) / 1_000).toFixed(1);
    this.#out(`  stored ${stored.join(", ")} in ${seconds} s; ${this.#most} records at a time`);
  }
}
