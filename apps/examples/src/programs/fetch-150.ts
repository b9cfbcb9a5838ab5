import { leaves } from "@selvage/exception-group";
import { type Task, TaskGroup } from "@selvage/task-group";
import type { Program, Stage } from "../program.js";
import { RecordServer } from "./work/record-server.js";

/*
 * 150 records from a real HTTP server, on this machine. Some are slow, three are gone.
 *
 * Look at: how many requests run at a time, and, when the server is stuck and one request fails, what happens to the
 * requests that still run. `fetch` needs only `scope.signal` to be cancelled.
 */
export const program: Program = {
  name: "fetch-150",
  description: "150 records over HTTP, ten at a time: a failure is tolerated, or cancels the rest",
  async run(stage) {
    await using server = await RecordServer.start(stage.clock);
    await withAllSettled(server.url, stage);
    await withTaskGroup(server.url, stage);
    await stuckWithPromiseAll(server.url, stage);
    await stuckWithTaskGroup(server.url, stage);
  },
};

interface Item {
  readonly id: number;
  readonly name: string;
}

class GoneError extends Error {
  override readonly name = "GoneError";
}

const ids: readonly number[] = Array.from({ length: 150 }, (_, index) => index + 1);

async function withAllSettled(url: string, { out }: Stage): Promise<void> {
  out("Promise.allSettled");
  const requests = new Requests();
  const results = await Promise.allSettled(ids.map((id) => requests.get(`${url}/records/${id}`)));
  const found = results.filter(({ status }) => status === "fulfilled");
  out(`  ${found.length} records, ${results.length - found.length} errors; ${requests.most} requests at a time`);
}

async function withTaskGroup(url: string, { out }: Stage): Promise<void> {
  out("TaskGroup, with a limit; a missing record is not a failure");
  const requests = new Requests();
  const records = await TaskGroup.run(
    (group) => Promise.all(ids.map((id) => group.createTask((scope) => getIfThere(id, scope.signal)))),
    { limit: 10 },
  );
  const gone = ids.filter((_, index) => records[index] === undefined);
  out(
    `  ${records.length - gone.length} records in order, without ${gone.join(", ")}; ${requests.most} requests at a time`,
  );

  async function getIfThere(id: number, signal: AbortSignal): Promise<Item | undefined> {
    try {
      return await requests.get(`${url}/records/${id}`, signal);
    } catch (error) {
      if (error instanceof GoneError) return undefined;
      throw error; // Anything else is a failure, and cancels the rest.
    }
  }
}

async function stuckWithPromiseAll(url: string, { out }: Stage): Promise<void> {
  out("Promise.all, while the server is stuck");
  const requests = new Requests();
  const controller = new AbortController();
  const all = ids.map((id) => requests.get(`${url}/stuck/${id}`, controller.signal));
  try {
    await Promise.all(all);
  } catch (error) {
    out(`  caught ${String(error)}; ${requests.open} requests are still open`);
  }
  controller.abort(); // By hand; otherwise they stay open for ever.
  await Promise.allSettled(all);
}

async function stuckWithTaskGroup(url: string, { out }: Stage): Promise<void> {
  out("TaskGroup, while the server is stuck; a missing record is a failure");
  const requests = new Requests();
  let tasks: readonly Task<Item>[] = [];
  try {
    await TaskGroup.run(
      (group) => {
        tasks = ids.map((id) => group.createTask((scope) => requests.get(`${url}/stuck/${id}`, scope.signal)));
      },
      { limit: 10 },
    );
  } catch (error) {
    for (const leaf of leaves(error)) out(`  caught ${String(leaf)}; ${requests.open} requests are still open`);
  }
  const cancelled = tasks.filter(({ status }) => status === "cancelled");
  out(
    `  ${cancelled.length} tasks were cancelled, ${tasks.length - requests.sent} of them before they had sent anything`,
  );
}

/** Gets records, and counts the requests. */
class Requests {
  sent = 0;
  open = 0;
  most = 0;

  async get(url: string, signal?: AbortSignal): Promise<Item> {
    this.sent++;
    this.open++;
    this.most = Math.max(this.most, this.open);
    try {
      const response = await fetch(url, { signal: signal ?? null });
      const item = (await response.json()) as Item;
      if (!response.ok) throw new GoneError(`${item.name} is gone`);
      return item;
    } finally {
      this.open--;
    }
  }
}
