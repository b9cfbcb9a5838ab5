import { type CancelScope, Supervisor } from "@selvage/supervisor";

async function heartbeat(scope: CancelScope): Promise<never> {
  await scope.sleep(1);
  throw new Error("heartbeat: connection lost");
}

const onError = (error: unknown): void =>
  console.log(`reported: ${String(error)}`);

const result = await Supervisor.run(
  async (supervisor) => {
    supervisor.createTask(heartbeat);
    await supervisor.scope.sleep(50); // the request's work
    return "served";
  },
  { onError },
);
console.log(result);
