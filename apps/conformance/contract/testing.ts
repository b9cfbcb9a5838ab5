import { CancelScope } from "@selvage/scope";
import { explore, SeedError, sequence, settled, StalledError, VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import { type Check, rejection, suite, turn } from "./harness.js";

export const testing: readonly Check[] = suite("@selvage/testing", (check) => {
  check("C2", "the time of a VirtualClock moves only when it is advanced", async () => {
    const clock = new VirtualClock({ start: 100 });
    const fired: number[] = [];
    for (const delay of [30, 10, 20]) clock.setTimer(() => fired.push(clock.now()), delay);
    await turn();
    assert.deepEqual(fired, []);
    await clock.advance(20);
    assert.deepEqual(fired, [110, 120]);
    assert.strictEqual(clock.now(), 120);
    assert.strictEqual(clock.pending, 1);
  });

  check("C2", "everything runnable has run before the next timer fires", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock });
    const steps: string[] = [];
    const late = root.sleep(11).then(() => steps.push("late"));
    await Promise.all([
      clock.advance(20),
      root
        .sleep(10)
        .then(() => root.checkpoint())
        .then(() => steps.push("early")),
    ]);
    await late;
    assert.deepEqual(steps, ["early", "late"]);
  });

  check("C2", "a day takes no real time with autojump", async () => {
    const root = new CancelScope({ clock: new VirtualClock({ autojump: true }) });
    await root.sleep(86_400_000);
    assert.strictEqual(root.clock.now(), 86_400_000);
  });

  check("C2", "run rejects instead of hanging, and shows what is live", async () => {
    const error = await rejection(new VirtualClock().run((scope) => scope.sleep(Infinity), { name: "stuck" }));
    assert.instanceOf(error, StalledError);
    assert.include(error.message, "stuck");
  });

  check("C2", "sequence pins an order", async () => {
    const step = sequence(3);
    const order: number[] = [];
    await Promise.all(
      [2, 0, 1].map(async (point) => {
        await step(point);
        order.push(point);
      }),
    );
    assert.deepEqual(order, [0, 1, 2]);
  });

  check("C2", "settled waits until nothing can run without time passing", async () => {
    let rounds = 0;
    void (async () => {
      for (; rounds < 1_000; rounds++) await Promise.resolve();
    })();
    await settled();
    assert.strictEqual(rounds, 1_000);
  });

  check("C2", "explore finds an order that fails, and names its seed", async () => {
    const order = async (scope: CancelScope): Promise<string> => {
      const seen: string[] = [];
      await Promise.all(["a", "b", "c"].map((name) => scope.sleep(1).then(() => seen.push(name))));
      return seen.join("");
    };
    const error = await rejection(
      explore(
        async (scope) => {
          if ((await order(scope)) !== "abc") throw new Error("another order");
        },
        { seeds: 50 },
      ),
    );
    assert.instanceOf(error, SeedError);
    const { seed } = error;
    const [first, second] = [await replay(seed), await replay(seed)];
    assert.strictEqual(first, second);

    function replay(same: number): Promise<string> {
      return new VirtualClock({ seed: same }).run(order);
    }
  });
});
