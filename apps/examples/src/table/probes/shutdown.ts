import type { Column } from "../column.js";
import type { Shutdown } from "../row.js";
import { Stage, type Sight, type Work } from "../stage.js";

export const shutdown: Column = {
  title: "explicit `shutdown()` from elsewhere",
  probe:
    "While tasks run, one of which needs 20 ms to clean up, other code requests the end. " +
    "Yes: all tasks are cancelled, the requester can wait until they have ended, and the caller does not get an error.",
  async ofManyTasks(way) {
    const stage = new Stage();
    const works = [stage.work({ lasts: 50 }), stage.work({ lasts: 50, cleanup: 20 })];
    const asker = new Asker(works);
    const sight = await stage.runTasks(way, (hands) => {
      for (const { task } of works) hands.start(task);
      stage.at(10, () => void asker.ask(hands.shutdown));
    });
    return asker.isContent(sight);
  },
  async ofOneBody(way) {
    const stage = new Stage();
    const work = stage.work({ lasts: 50, cleanup: 20 });
    const asker = new Asker([work]);
    const sight = await stage.runBody(way, (signal, shutdown) => {
      stage.at(10, () => void asker.ask(shutdown));
      return work.task(signal);
    });
    return asker.isContent(sight);
  },
};

/** Code that requests the end, and that is neither the body nor a task. */
class Asker {
  readonly #works: readonly Work[];
  #sawTheEnd = false;

  constructor(works: readonly Work[]) {
    this.#works = works;
  }

  async ask(shutdown: Shutdown | undefined): Promise<void> {
    if (shutdown === undefined) return;
    await shutdown();
    this.#sawTheEnd = this.#works.every(({ endedAt }) => endedAt !== undefined);
  }

  isContent({ outcome }: Sight): boolean {
    return this.#sawTheEnd && this.#works.every(({ wasTold }) => wasTold) && outcome.ok;
  }
}
