import { Supervisor, type Task } from "@selvage/supervisor";
import type { Program, Stage } from "../program.js";
import { ValueError } from "./work/value-error.js";

/*
 * What you can find out about work while it runs and after it has ended.
 *
 * Look at: the four states of a task. A pending task becomes fulfilled, rejected or cancelled (Python says "finished"
 * for the first two). You can read the state at any time, without waiting. A promise does not expose its state, and
 * has no cancellation.
 */
export const program: Program = {
  name: "task-states",
  description: "a task reports whether it is pending, fulfilled, rejected or cancelled",
  async run(stage) {
    await withPromises(stage);
    await withTasks(stage);
  },
};

async function withPromises({ out }: Stage): Promise<void> {
  out("Promise");
  out(`  a pending one: ${await stateOf(new Promise(() => {}))}`);
  out(`  one with a value: ${await stateOf(Promise.resolve(42))}`);
  out(`  one with an error: ${await stateOf(Promise.reject(new ValueError("no answer")))}`);
}

/** The state of a promise can only be found by racing it against another one, which is asynchronous. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = Symbol("pending");
  try {
    return (await Promise.race([promise, Promise.resolve(pending)])) === pending ? "pending" : "fulfilled";
  } catch {
    return "rejected";
  }
}

async function withTasks({ out, clock }: Stage): Promise<void> {
  out("Task");
  const supervisor = new Supervisor({ clock, onError: () => {} }); // The failure is printed below.
  const answer = supervisor.createTask(async (scope) => {
    await scope.sleep(100);
    return 42;
  });
  const failure = supervisor.createTask(() => Promise.reject(new ValueError("no answer")));
  const endless = supervisor.createTask((scope) => scope.sleep(Infinity));
  describe(answer, out);
  endless.cancel("it takes too long");
  await supervisor.join();
  for (const task of [answer, failure, endless]) describe(task, out);
}

function describe(task: Task<unknown>, out: (line: string) => void): void {
  out(`  ${task.status}`);
  out(`    result()    ${outcomeOf(() => task.result())}`);
  out(`    exception() ${outcomeOf(() => task.exception())}`);
}

function outcomeOf(ask: () => unknown): string {
  try {
    return `returns ${String(ask())}`;
  } catch (error) {
    return `throws ${(error as Error).constructor.name}`;
  }
}
