import { CancelScope, type Clock, type Task } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import type { Contestant } from "./contestant.js";
import type { WorkloadTask } from "./workload.js";

const taskGroup: Contestant = {
  name: "TaskGroup",
  description: "a failure cancels the siblings",
  async run({ tasks, onArrival }, { clock, signal }) {
    const started: Task<string>[] = [];
    await TaskGroup.run(
      (group) => {
        const start = (task: WorkloadTask): void => void started.push(group.createTask(({ signal }) => task(signal)));
        tasks.forEach(start);
        onArrival(start);
      },
      { clock, parent: signal },
    );
    return started.map((task) => task.result());
  },
  timeout: withTimeout,
};

const supervisor: Contestant = {
  name: "Supervisor",
  description: "a failure affects no other task",
  async run({ tasks, onArrival }, { clock, signal, onError }) {
    const results: string[] = [];
    await Supervisor.run(
      (supervisor) => {
        const start = (task: WorkloadTask): void => {
          supervisor.createTask(async ({ signal }) => results.push(await task(signal)));
        };
        tasks.forEach(start);
        onArrival(start);
      },
      { clock, parent: signal, onError },
    );
    return results;
  },
  timeout: withTimeout,
};

/** A scope cancels what uses its signal. It does not own tasks: code that starts tasks in it has to wait for them. */
const cancelScope: Contestant = {
  name: "CancelScope",
  description: "cancels work, but does not own tasks",
  run({ tasks, onArrival }, { clock, signal }) {
    return CancelScope.run(
      async (scope) => {
        const promises = tasks.map((task) => task(scope.signal));
        onArrival((task) => promises.push(task(scope.signal)));
        try {
          return await Promise.all(promises);
        } catch (error) {
          scope.cancel(error);
          throw error;
        }
      },
      { clock, parent: signal },
    );
  },
  timeout: withTimeout,
};

/** The primitives of this project. */
export const selvage: readonly Contestant[] = [cancelScope, taskGroup, supervisor];

function withTimeout(ms: number, run: (signal: AbortSignal) => Promise<unknown>, clock: Clock): Promise<unknown> {
  return timeout(ms, ({ signal }) => run(signal), { clock });
}
