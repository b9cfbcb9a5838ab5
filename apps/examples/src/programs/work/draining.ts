import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type CancelScope, run } from "@selvage/runner";
import { Supervisor } from "@selvage/supervisor";

/*
 * drain.ts starts this in a separate process: a service with a current order, a poller, and a pool that orders use.
 */

/** What happens to it. */
export type Fate = "starts" | "serves" | "drains" | "fails";

const fate = process.argv[2] as Fate;

await run(async (scope) => {
  console.log("starting");
  if (fate === "starts") await scope.sleep(60_000); // a database that does not answer
  await Supervisor.run(serve, { parent: scope, drain: { grace: 60_000 } });
  console.log("drained");
});

async function serve(supervisor: Supervisor): Promise<void> {
  supervisor.onShutdown(() => console.log("no more orders are taken"));
  supervisor.createTask(poll, { grace: 0 }); // It never ends by itself.
  supervisor.createTask(fulfil);
  supervisor.createTask(keepPool, { stage: 1, grace: 0 }); // Closed when the orders are done.
  if (fate === "fails") await listenTwice();
  console.log("serving");
  await supervisor.scope.sleep(Infinity);
}

async function poll(scope: CancelScope): Promise<void> {
  for (;;) await scope.sleep(1_000);
}

async function fulfil(scope: CancelScope): Promise<void> {
  await scope.sleep(fate === "serves" ? 200 : 60_000);
  console.log("the order is fulfilled");
}

async function keepPool(scope: CancelScope): Promise<void> {
  await scope.sleep(Infinity).finally(() => console.log("the pool is closed"));
}

/** Fails because the port is taken. */
async function listenTwice(): Promise<void> {
  const server = createServer().listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(createServer().listen(port, "127.0.0.1"), "listening");
}
