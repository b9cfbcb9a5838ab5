import { Channel } from "@selvage/channel";
import { TaskGroup } from "@selvage/task-group";

await TaskGroup.run((group) => {
  const jobs = new Channel<number>({ capacity: 2 });
  const results = new Channel<string>();
  group.createTask(async function produce(scope) {
    using sender = jobs.sender(scope);
    for (let n = 1; n <= 4; n++) await sender.send(n);
    sender.close();
  });
  for (let worker = 0; worker < 2; worker++) {
    group.createTask(async function work(scope) {
      using own = results.sender(scope);
      for await (const job of jobs.items(scope)) {
        await scope.sleep(10);
        await own.send(`job ${job}`);
      }
      own.close();
    });
  }
  group.createTask(async function collect(scope) {
    const all: string[] = [];
    for await (const result of results.items(scope)) all.push(result);
    console.log(all.sort().join(", "));
  });
});
