import { Channel } from "@selvage/channel";
import type { CancelScope } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import type { Programs } from "../programs.js";
import { expectItem, work } from "../work.js";

export const programs: Programs = {
  async handOver(n, capacity) {
    const channel = new Channel<number>({ capacity });
    await TaskGroup.run((group) => {
      group.createTask((scope) => send(channel, scope, n));
      group.createTask((scope) => receive(channel, scope, n));
    });
  },
};

async function send(channel: Channel<number>, scope: CancelScope, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    work.started++;
    await channel.send(scope, i);
  }
}

async function receive(channel: Channel<number>, scope: CancelScope, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    expectItem(await channel.receive(scope), i);
    work.ended++;
  }
}
