// A user's module that disposes of what it owns, with `ESNext.Disposable` in `lib`.
import { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";

export async function work(): Promise<string> {
  using scope = new CancelScope();
  using _listener = scope.onCancel((reason) => console.log(reason.message));
  await using supervisor = new Supervisor({ parent: scope });
  await using group = new TaskGroup({ parent: scope });
  supervisor.createTask(() => {});
  const task = group.createTask(() => "done");
  using _callback = task.addDoneCallback(() => {});
  await group.join();
  return task.result();
}
