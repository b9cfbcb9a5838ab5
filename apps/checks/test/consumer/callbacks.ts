// A user's module that needs no `using`, so it must compile without `ESNext.Disposable` in `lib`.
import { except, format, on, split } from "@selvage/exception-group";
import { run, Runner, type RunnerOptions } from "@selvage/runner";
import { CancelScope, ExceptionGroup, isCancellation, now, type Clock } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { Supervisor, type ShutdownReport } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { sequence, settled, VirtualClock } from "@selvage/testing";
import { moveOnAfter, timeout, TimeoutError } from "@selvage/timeout";

export const clock: Clock = new VirtualClock();

export async function both(parent: CancelScope): Promise<[number, string]> {
  return TaskGroup.run(
    async (group) => {
      const one = group.createTask(() => 1);
      const two = group.createTask(async (scope) => {
        await scope.sleep(1);
        return "two";
      });
      return [await one, await two];
    },
    { parent },
  );
}

export async function report(): Promise<ShutdownReport | undefined> {
  return moveOnAfter(10, async ({ scope }) => {
    const supervisor = new Supervisor({ parent: scope, onError: (error) => console.error(error) });
    supervisor.createTask(() => {});
    return supervisor.shutdown();
  });
}

export async function limited(): Promise<number> {
  try {
    return await timeout(5, () => now());
  } catch (error) {
    if (isCancellation(error) || error instanceof TimeoutError) return 0;
    except(
      error,
      on(TypeError, (group) => console.log(group.errors[0]?.message)),
    );
    return split(error, RangeError)[0]?.errors.length ?? format(error).length;
  }
}

export async function main(signals: RunnerOptions["signals"]): Promise<string> {
  const runner = new Runner({ signals, onError: (error) => console.error(error) });
  const value = await runner.run(() => "value");
  runner.close();
  return (await run((scope) => scope.cancelled)) ? "cancelled" : value;
}

export const rest = [describeTree, ExceptionGroup, TaskOwner, sequence, settled];
