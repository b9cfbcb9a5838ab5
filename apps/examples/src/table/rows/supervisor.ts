import type { Task } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import type { ManyTasks, Row } from "../row.js";

const asIs: ManyTasks = {
  run(body, { clock, signal, onError }) {
    return Supervisor.run(
      (supervisor) =>
        body({
          start: (task) => void supervisor.createTask((scope) => task(scope.signal)),
          shutdown: () => supervisor.shutdown(),
        }),
      { clock, parent: signal, onError },
    );
  },
  async collect(tasks, { clock, signal, onError }) {
    const started: Task<unknown>[] = [];
    await Supervisor.run(
      (supervisor) => {
        for (const task of tasks) started.push(supervisor.createTask((scope) => task(scope.signal)));
      },
      { clock, parent: signal, onError },
    );
    return started.map((task) => task.result());
  },
};

export const supervisor: Row = {
  name: "Supervisor",
  runs: "many tasks",
  asIs,
  rules: {
    cleanup: "V7",
    added: "V3",
    siblings: "V1",
    shutdown: "V4",
    results: "K4",
    errors: "V2",
    waiting: "V7",
    outer: "V7",
    memory: "V1",
    leaving: "V7",
  },
};
