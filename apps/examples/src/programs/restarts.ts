import { CancelScope, type Clock } from "@selvage/scope";
import { RestartLimitError, type RestartPolicy, Supervisor } from "@selvage/supervisor";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * A worker listens to a queue. It loses the connection several times, and once the new connection is refused.
 *
 * Look at: which failures count. The loop gives up at the fourth failure in total, and waits longer after each. A
 * Supervisor counts only the restarts of the last 450 ms: a run that lasts longer resets the count. If the queue is
 * gone for good, the Supervisor gives up, too, and reports the last failure.
 */
export const program: Program = {
  name: "restarts",
  description: "a worker that fails is started again after a pause, unless it fails too often",
  async run(stage) {
    await withLoop(stage);
    await withSupervisor("a Supervisor that restarts", new Queue(stage), stage);
    await withSupervisor("with a queue that is gone for good", new Queue(stage, { isGone: true }), stage);
  },
};

async function withLoop(stage: Stage): Promise<void> {
  const { out, clock } = stage;
  out("a loop that counts");
  const queue = new Queue(stage);
  const timers = new NativeTimers(clock);
  for (let failures = 0; ;) {
    try {
      await queue.listen(timers);
      return;
    } catch (error) {
      out(`  failed: ${String(error)}`);
      if (++failures === 4) break;
      await timers.sleep(20 * 2 ** (failures - 1));
    }
  }
  out("  the loop has given up");
}

const restart: RestartPolicy = {
  when: "on-failure",
  maxRestarts: 3,
  within: 450,
  backoff: { initial: 40, factor: 2, max: 5_000, jitter: () => 0.5 }, // Or `true`: random.
};

async function withSupervisor(title: string, queue: Queue, { out, clock }: Stage): Promise<void> {
  out(title);
  const supervisor = new Supervisor({
    clock,
    onError(error) {
      out(`  failed: ${String(error)}`);
      if (error instanceof RestartLimitError) out(`    its cause, the last failure: ${String(error.cause)}`);
    },
  });
  const worker = supervisor.createTask((scope) => queue.listen(scope), { name: "worker", restart });
  await supervisor.join();
  out(`  the one task of all these runs was ${worker.status}`);
}

/** Loses connections after 500 ms. */
class Queue {
  readonly #out: (line: string) => void;
  readonly #clock: Clock;
  readonly #isGone: boolean;
  #runs = 0;
  #ended = 0;

  constructor({ out, clock }: Stage, { isGone = false } = {}) {
    this.#out = out;
    this.#clock = new CancelScope({ clock }).clock;
    this.#isGone = isGone;
  }

  /** The third connection is refused, or all; the fifth is not lost. */
  async listen(where: Sleeper): Promise<void> {
    const run = ++this.#runs;
    if (run > 1) this.#out(`  run ${run}, after ${Math.round((this.#clock.now() - this.#ended) / 10) * 10} ms`);
    try {
      if (this.#isGone || run === 3) throw new Error("the connection is refused");
      await where.sleep(500);
      if (run < 5) throw new Error("the connection is lost");
      this.#out("  the queue was read to its end");
    } finally {
      this.#ended = this.#clock.now();
    }
  }
}
