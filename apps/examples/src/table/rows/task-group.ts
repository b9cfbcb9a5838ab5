import type { Task } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import type { ManyTasks, Row } from "../row.js";

const asIs: ManyTasks = {
  run(body, { clock, signal }) {
    return TaskGroup.run(
      (group) =>
        body({
          start: (task) => void group.createTask((scope) => task(scope.signal)),
          shutdown: () => group.cancel(),
        }),
      { clock, parent: signal },
    );
  },
  async collect(tasks, { clock, signal }) {
    const started: Task<unknown>[] = [];
    await TaskGroup.run(
      (group) => {
        for (const task of tasks) started.push(group.createTask((scope) => task(scope.signal)));
      },
      { clock, parent: signal },
    );
    return started.map((task) => task.result());
  },
};

/** Code that cancels a group also has to wait for it. */
const byHand: ManyTasks = {
  ...asIs,
  run(body, { clock, signal }) {
    return TaskGroup.run(
      (group) =>
        body({
          start: (task) => void group.createTask((scope) => task(scope.signal)),
          shutdown: () => {
            group.cancel();
            return group.join();
          },
        }),
      { clock, parent: signal },
    );
  },
};

export const taskGroup: Row = {
  name: "TaskGroup",
  runs: "many tasks",
  asIs,
  byHand,
  rules: {
    cleanup: "T1",
    added: "T6",
    siblings: "T2",
    shutdown: "T4",
    results: "K4",
    errors: "T3",
    waiting: "T1",
    outer: "T5",
    memory: "T9",
    leaving: "T2",
  },
};
