import { type CancelScope, Supervisor } from "@selvage/supervisor";

async function tick(name: string, scope: CancelScope): Promise<void> {
  for (let n = 1; ; n++) {
    await scope.sleep(1);
    if (n === 3) throw new Error(`${name}: tick ${n} went wrong`);
  }
}

const supervisor = new Supervisor({ onError: (error, task) => console.log(`${task.name} failed: ${String(error)}`) });
const clock = supervisor.createTask((scope) => tick("clock", scope), { name: "clock" });
supervisor.createTask((scope) => scope.sleep(60_000), { name: "server" });

await Promise.allSettled([clock]); // its failure touched nobody else:
console.log([...supervisor.tasks].map(({ name, status }) => `${name}: ${status}`).join());
const { cancelled, abandoned } = await supervisor.shutdown({ grace: 0, timeout: 1000 });
console.log(`cancelled: ${cancelled}, abandoned: ${abandoned.length}`);
