import { except, on } from "@selvage/exception-group";
import { type CancelScope, TaskGroup } from "@selvage/task-group";

async function fail(message: string, scope: CancelScope) {
  await scope.sleep(1);
  throw new TypeError(message);
}

async function cleanUpBadly(scope: CancelScope) {
  try {
    await scope.sleep(Infinity);
  } finally {
    await Promise.reject(new RangeError("the cleanup failed, too"));
  }
}

try {
  await TaskGroup.run((group) => {
    group.createTask((scope) => fail("bad value", scope));
    group.createTask(cleanUpBadly);
  });
} catch (error) {
  except(
    error,
    on(TypeError, (group) =>
      console.log("type errors:", group.errors.length),
    ),
    on(RangeError, (group) =>
      console.log("range errors:", group.errors.length),
    ),
  );
}
