/**
 * Starts a `fetch`, waits for something else first, and is cancelled meanwhile. The argument: who owns the promise of the `fetch`. Prints how
 * its scope ended.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CancelScope } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";

const server = createServer(() => {});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const scope = new CancelScope();
server.once("request", () => scope.cancel());

/** Who owns the promise while something else is awaited. */
const owners: Readonly<Record<string, () => Promise<unknown>>> = {
  async nothing() {
    const answer = fetch(url, { signal: scope.signal });
    await scope.sleep(Infinity);
    return answer;
  },
  async race() {
    const answer = scope.race(fetch(url, { signal: scope.signal }));
    await scope.sleep(Infinity);
    return answer;
  },
  async settle() {
    const answer = scope.settle(fetch(url, { signal: scope.signal }));
    await scope.sleep(Infinity);
    return answer;
  },
  group: () =>
    TaskGroup.run(
      async (group) => {
        const answer = group.createTask(({ signal }) => fetch(url, { signal }));
        await group.scope.sleep(Infinity);
        return answer;
      },
      { parent: scope },
    ),
};

await scope.run(owners[process.argv[2]!]!);
console.log(`cancelled: ${scope.cancelledCaught}`);
server.closeAllConnections();
server.close();
