import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function serve(scope: CancelScope, started: (port: number) => void) {
  await scope.sleep(1); // binds the port
  started(8080);
  try {
    await scope.sleep(Infinity);
  } finally {
    console.log("server: closed");
  }
}

await TaskGroup.run(async (group) => {
  const port = await group.start(serve);
  console.log(`server: listens on ${port}`);
  group.cancel();
});
console.log("left");
