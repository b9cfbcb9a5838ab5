import {
  Broadcast,
  CancelScope,
  Channel,
  ClosedError,
  elapsed,
  LaggedError,
  produce,
  select,
  Watch,
} from "@selvage/channel";
import { describeTree } from "@selvage/scope/debug";
import { assert } from "chai";
import { type Check, collectGarbage, rejection, suite, thrown } from "./harness.js";

async function itemsOf<T>(channel: Channel<T>, scope: CancelScope): Promise<T[]> {
  const items: T[] = [];
  for await (const item of channel.items(scope)) items.push(item);
  return items;
}

export const channels: readonly Check[] = suite("@selvage/channel", (check) => {
  check("Q1", "capacities and overflows are checked", () => {
    for (const options of [{ capacity: -1 }, { capacity: 1.5 }, { overflow: "drop-oldest" }, { overflow: "block" }]) {
      const error = thrown(() => new Channel(options as never));
      assert.isTrue(error instanceof TypeError || error instanceof RangeError);
    }
  });

  check("Q2", "a call that is cancelled has sent or received nothing", async () => {
    const channel = new Channel<number>();
    const leaving = new CancelScope();
    const scope = new CancelScope();
    const [send, receive] = [channel.send(leaving, 1), channel.send(scope, 2)];
    leaving.cancel();
    assert.strictEqual(await rejection(send), leaving.reason);
    assert.strictEqual(await channel.receive(scope), 2);
    await receive;
    const other = new CancelScope();
    const lost = channel.receive(other);
    const got = channel.receive(scope);
    other.cancel();
    await channel.send(scope, 3);
    assert.strictEqual(await rejection(lost), other.reason);
    assert.strictEqual(await got, 3);
  });

  check("Q3", "an item does not go to a receiver whose time has passed", async () => {
    const channel = new Channel<number>({ capacity: 1 });
    const late = new CancelScope();
    const scope = new CancelScope();
    const lost = channel.receive(late);
    const got = channel.receive(scope);
    late.deadline = late.clock.now() - 1;
    assert.isTrue(channel.trySend(1));
    assert.strictEqual(await got, 1);
    assert.strictEqual(await rejection(lost), late.reason);
  });

  check("Q4", "items are received in the order in which they were sent", async () => {
    const channel = new Channel<number>({ capacity: 2 });
    const scope = new CancelScope();
    const sends = [1, 2, 3, 4, 5].map((item) => channel.send(scope, item));
    channel.close();
    assert.deepEqual(await itemsOf(channel, scope), [1, 2, 3, 4, 5]);
    await Promise.all(sends);
  });

  check("Q5", "after close, what was sent is received; then the loop ends, or throws the error", async () => {
    const scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const waits = [channel.send(scope, 1), channel.send(scope, 2)];
    channel.close();
    assert.instanceOf(
      thrown(() => channel.trySend(3)),
      ClosedError,
    );
    assert.deepEqual(await itemsOf(channel, scope), [1, 2]);
    await Promise.all(waits);
    const error = new TypeError("broken");
    const failed = new Channel<number>();
    failed.close(error);
    assert.strictEqual(await rejection(failed.receive(scope)), error);
    assert.strictEqual(await rejection(itemsOf(failed, scope)), error);
  });

  check("Q6", "abandon refuses sends, and gives back what is buffered", async () => {
    const undelivered: number[] = [];
    const scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1, undelivered: (item) => undelivered.push(item) });
    await channel.send(scope, 1);
    const waits = channel.send(scope, 2);
    channel.abandon(new TypeError("gone"));
    const error = (await rejection(waits)) as Error;
    assert.instanceOf(error, ClosedError);
    assert.instanceOf(error.cause, TypeError);
    assert.deepEqual(undelivered, [1]);
  });

  check("Q7", "a producer that does not close its handle closes the channel with an error", async () => {
    const scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const own = new CancelScope({ name: "reader" });
    await channel.sender(own).send(1);
    own.close();
    assert.strictEqual(await channel.receive(scope), 1);
    assert.include(((await rejection(channel.receive(scope))) as Error).message, '"reader"');
    const numbers = produce<number>(scope, async (sender) => {
      for (const item of [1, 2, 3]) await sender.send(item);
    });
    assert.deepEqual(await itemsOf(numbers, scope), [1, 2, 3]);
  });

  check("Q8", "a dropped item goes to undelivered once", () => {
    const undelivered: number[] = [];
    const note = (item: number): void => void undelivered.push(item);
    const oldest = new Channel<number>({ capacity: 1, overflow: "drop-oldest", undelivered: note });
    const newest = new Channel<number>({ capacity: 1, overflow: "drop-newest", undelivered: note });
    for (const item of [1, 2]) oldest.trySend(item);
    for (const item of [3, 4]) newest.trySend(item);
    assert.deepEqual(undelivered, [1, 4]);
    assert.deepEqual([oldest.tryReceive(), newest.tryReceive()], [{ value: 2 }, { value: 3 }]);
  });

  check("Q9", "leaving a loop settles its next, takes nothing, and leaves the channel open", async () => {
    const scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const items = channel.items(scope);
    const pending = items.next();
    await items.return?.();
    assert.deepEqual(await pending, { done: true, value: undefined });
    await channel.send(scope, 1);
    assert.strictEqual(await channel.receive(scope), 1);
  });

  check("Q10", "select commits one case, and leaves the others as they were", async () => {
    const scope = new CancelScope();
    const [one, other] = [new Channel<string>({ capacity: 1 }), new Channel<string>({ capacity: 1 })];
    const cases = [one.onReceive((item) => `one ${item}`), other.onReceive((item) => `other ${item}`)];
    const waits = select(scope, cases);
    await other.send(scope, "a");
    await one.send(scope, "b");
    assert.strictEqual(await waits, "other a");
    assert.deepEqual([one.size, other.size, one.waiting, other.waiting], [1, 0, 0, 0]);
    assert.strictEqual(await select(scope, cases), "one b");
    assert.strictEqual(await select(scope, [...cases, elapsed(1, () => "late")]), "late");
    assert.deepEqual([one.waiting, other.waiting], [0, 0]);
  });

  check("Q10", "a select that is cancelled commits nothing", async () => {
    const scope = new CancelScope();
    const leaving = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const waits = select(leaving, [channel.onReceive((item) => item), elapsed(60_000, () => 0)]);
    leaving.cancel();
    assert.strictEqual(await rejection(waits), leaving.reason);
    await channel.send(scope, 1);
    assert.strictEqual(channel.size, 1);
  });

  check("Q11", "each subscription of a Broadcast gets what is sent after it began", async () => {
    const scope = new CancelScope();
    const leaving = new CancelScope();
    const prices = new Broadcast<number>();
    await prices.send(scope, 0);
    const all = prices.subscribe(scope, { capacity: 4 });
    const slow = prices.subscribe(scope, { capacity: 1, overflow: "error" });
    prices.subscribe(leaving, { capacity: 1 });
    leaving.cancel();
    assert.strictEqual(prices.size, 2);
    for (const price of [1, 2, 3]) await prices.send(scope, price);
    prices.close();
    const error = (await rejection(slow.receive(scope))) as LaggedError;
    assert.instanceOf(error, LaggedError);
    assert.strictEqual(error.missed, 2);
    assert.strictEqual(await slow.receive(scope), 3);
    const received: number[] = [];
    for await (const price of all.items(scope)) received.push(price);
    assert.deepEqual(received, [1, 2, 3]);
  });

  check("Q11", "a change of a Watch between reading and waiting is not missed", async () => {
    const scope = new CancelScope();
    const level = new Watch(0);
    const { version } = level;
    level.set(1);
    assert.deepEqual(await level.changed(scope, version), { value: 1, version: version + 1 });
    const full = level.until(scope, (value) => value >= 3);
    for (const value of [2, 3, 4]) level.set(value);
    assert.strictEqual(await full, 3);
    const never = level.until(scope, (value) => value < 0);
    level.close();
    assert.instanceOf(await rejection(never), ClosedError);
  });

  check("Q12", "describeTree shows what waits", async () => {
    const scope = new CancelScope({ name: "request" });
    const channel = new Channel<number>({ name: "jobs" });
    const waits = channel.receive(scope);
    assert.strictEqual(describeTree(scope), 'scope "request": live, waits for channel "jobs"');
    channel.close();
    await rejection(waits);
    scope.close();
  });

  check("Q12", "an idle channel retains no item and no scope", async () => {
    const channel = new Channel<object>({ capacity: 1 });
    const results: WeakRef<object>[] = [];
    const use = async (): Promise<void> => {
      const scope = new CancelScope();
      const item = {};
      await channel.send(scope, item);
      await channel.receive(scope);
      const leaving = new CancelScope();
      const left = channel.receive(leaving);
      leaving.cancel();
      await rejection(left);
      for (const each of [scope, item, leaving]) results.push(new WeakRef(each));
    };
    for (let times = 0; times < 100; times++) await use();
    await collectGarbage();
    // The engine may retain what was used last.
    const left = results.filter((ref) => ref.deref() !== undefined).length;
    assert.isAtMost(left, 30, "of 300 scopes and items");
    assert.strictEqual(channel.size, 0);
  });
});
