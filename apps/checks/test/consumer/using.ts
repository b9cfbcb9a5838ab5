// A user's module that disposes of what it owns, with `ESNext.Disposable` in `lib`.
import { Runner } from "@selvage/runner";
import { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";

export async function work(): Promise<string> {
  using scope = new CancelScope();
  using _listener = scope.onCancel((reason) => console.log(reason.message));
  await using _runner = new Runner();
  await using supervisor = new Supervisor({ parent: scope });
  await using group = new TaskGroup({ parent: scope });
  supervisor.createTask(() => {});
  const task = group.createTask(() => "done");
  using _callback = task.addDoneCallback(() => {});
  await group.join();
  return task.result();
}
