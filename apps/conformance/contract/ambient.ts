/** The contract of `@selvage/scope/ambient`. It is separate because importing it changes the default parent of everything. */
import { CancelScope } from "@selvage/scope";
import { currentScope } from "@selvage/scope/ambient";
import { TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import { assert } from "chai";
import { type Check, type Outcome, runChecks, suite, turn } from "./harness.js";

export const ambient: readonly Check[] = suite("@selvage/scope/ambient", (check) => {
  check("C4", "the enclosing scope is the default parent, across awaits", async () => {
    assert.isUndefined(currentScope());
    await CancelScope.run(async (outer) => {
      await turn();
      assert.strictEqual(currentScope(), outer);
      using child = new CancelScope();
      outer.cancel();
      assert.strictEqual(child.reason, outer.reason);
    });
    assert.isUndefined(currentScope());
  });

  check("C4", "each task and timeout has its own scope as the default parent", async () => {
    await TaskGroup.run((group) => {
      for (let times = 0; times < 2; times++) {
        group.createTask(async (scope) => {
          await turn();
          assert.strictEqual(currentScope(), scope);
          await timeout(60_000, async (own) => {
            await turn();
            assert.strictEqual(currentScope(), own.scope);
          });
        });
      }
    });
  });

  check("C4", "an explicit parent wins, and null makes a root", async () => {
    await CancelScope.run((outer) => {
      using root = new CancelScope({ parent: null });
      outer.cancel();
      assert.isFalse(root.cancelled);
    });
  });
});

export function runAmbient(): Promise<Outcome[]> {
  return runChecks(ambient);
}
