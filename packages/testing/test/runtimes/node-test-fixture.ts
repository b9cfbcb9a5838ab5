/** A user's test file for `node:test`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { explore, sequence, settled, VirtualClock } from "../../src/index.js";

void describe("under node:test", () => {
  void test("a body on a virtual clock passes", async () => {
    const clock = new VirtualClock();
    await clock.run((scope) => scope.sleep(86_400_000));
    assert.equal(clock.now(), 86_400_000);
  });

  void test("settled and sequence pass", async () => {
    const step = sequence(2);
    const passed: number[] = [];
    void step(1).then(() => passed.push(1));
    void step(0).then(() => passed.push(0));
    await settled();
    assert.deepEqual(passed, [0, 1]);
  });

  void test("a body that hangs fails, and shows what is live", async () => {
    await new VirtualClock().run((scope) => scope.race(new Promise(() => {})), { name: "stuck" });
  });

  void test("a race fails, with its seed", async () => {
    await explore(async (scope) => {
      const order: string[] = [];
      await Promise.all(["first", "second"].map((name) => scope.checkpoint().then(() => order.push(name))));
      assert.deepEqual(order, ["first", "second"]);
    });
  });
});
