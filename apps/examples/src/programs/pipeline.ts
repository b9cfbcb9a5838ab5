import { Channel } from "@selvage/channel";
import { leaves } from "@selvage/exception-group";
import { CancelScope, type Clock } from "@selvage/scope";
import { batch, mapStream, throttle } from "@selvage/stream";
import { TaskGroup } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A CSV file is imported in three stages: lines are read, rows are parsed, and inserted in batches. In two of the cases a row is broken.
 *
 * Look at: how many rows are in memory at one time, because the plain form reads the whole file before it inserts the first row; and what still runs when
 * the caller gets the error of the broken row. In the pipeline the stages run side by side, a slow database slows the reader down, and a failure stops all
 * of them. A progress bar gets the latest number, at most every 500 ms.
 */
export const program: Program = {
  name: "pipeline",
  description: "a CSV import in three stages: all rows at once, or a pipeline with back-pressure",
  async run(stage) {
    await withPromiseAll(new Importer(stage), stage);
    await withStreams(new Importer(stage), stage);
    await withPromiseAll(new Importer(stage, 80), stage);
    await withStreams(new Importer(stage, 80), stage);
  },
};

const size = 4;

async function withPromiseAll(importer: Importer, { out, clock }: Stage): Promise<void> {
  out(`Promise.all${importer.title}`);
  const timers = new NativeTimers(clock);
  const parsing: Promise<string>[] = [];
  try {
    for await (const line of importer.lines(timers)) parsing.push(importer.parse(line, timers));
    const rows = await Promise.all(parsing);
    for (let i = 0; i < rows.length; i += size) await importer.insert(rows.slice(i, i + size), timers);
    importer.report();
  } catch (error) {
    out(`  caught ${String(error)}; rows still being parsed: ${importer.parsing}`);
  }
  await Promise.allSettled(parsing); // They are parsed, but the caller does not know.
}

async function withStreams(importer: Importer, { out, clock }: Stage): Promise<void> {
  out(`mapStream and batch${importer.title}`);
  const inserted = new Channel<number>({ capacity: 1, overflow: "drop-oldest" });
  try {
    await TaskGroup.run(
      (group) => {
        group.createTask(async function importAll(parent) {
          const rows = mapStream(
            (scope) => importer.lines(scope),
            (line, scope) => importer.parse(line, scope),
            { limit: 4, ordered: true, parent },
          );
          for await (const some of batch(rows, { size, parent })) {
            await importer.insert(some, parent);
            inserted.trySend(importer.inserted);
          }
          inserted.close();
        });
        group.createTask(async function showProgress(parent) {
          const counts = throttle((scope) => inserted.items(scope), 500, { parent });
          for await (const count of counts) out(`  progress: ${count} rows`);
        });
      },
      { clock },
    );
    importer.report();
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}; rows still being parsed: ${importer.parsing}`);
  }
}

/** The file and the database; counts the rows in between. */
class Importer {
  readonly title: string;
  parsing = 0;
  inserted = 0;
  readonly #out: (line: string) => void;
  readonly #clock: Clock;
  readonly #begun: number;
  readonly #broken: number | undefined;
  #read = 0;
  #most = 0;

  constructor({ out, clock }: Stage, broken?: number) {
    this.title = broken === undefined ? "" : `, where row ${broken} is broken`;
    this.#out = out;
    this.#clock = new CancelScope({ clock }).clock;
    this.#begun = this.#clock.now();
    this.#broken = broken;
  }

  /** A line takes 1 ms. */
  async *lines(where: Sleeper): AsyncGenerator<string> {
    try {
      while (this.#read < 100) {
        await where.sleep(1);
        this.#read++;
        this.#most = Math.max(this.#most, this.#read - this.inserted);
        yield `row ${this.#read}`;
      }
    } finally {
      this.#out(`  the file is closed after ${this.#read} lines`);
    }
  }

  /** A row takes 30 ms, because it is checked by a service. */
  async parse(line: string, where: Sleeper): Promise<string> {
    this.parsing++;
    try {
      await where.sleep(30);
      if (line === `row ${this.#broken}`) throw new Error(`${line} is broken`);
      return line;
    } finally {
      this.parsing--;
    }
  }

  /** A batch takes 50 ms. */
  async insert(rows: readonly string[], where: Sleeper): Promise<void> {
    await where.sleep(50);
    this.inserted += rows.length;
  }

  report(): void {
    const ms = Math.round(this.#clock.now() - this.#begun);
    this.#out(`  inserted ${this.inserted} rows in ${ms} ms; at most ${this.#most} in memory`);
  }
}
