import { Broadcast, Channel } from "@selvage/channel";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { batch, CancelScope, mapStream, merge, type Results, switchMap } from "../src/index.js";

describe("a channel as a source", () => {
  it("has items of its type, and so has a subscription (I12)", async () => {
    using scope = new CancelScope({ parent: null });
    const texts = new Channel<string>({ capacity: 2 });
    const numbers = new Broadcast<number>();
    const subscription = numbers.subscribe(scope, { capacity: 2 });
    const merged = merge([texts, subscription]);
    expectTypeOf(merged).toEqualTypeOf<Results<string | number>>();
    expectTypeOf(batch(texts, { size: 2 })).toEqualTypeOf<Results<string[]>>();
    expectTypeOf(switchMap(subscription, (n) => n)).toEqualTypeOf<Results<number>>();
    texts.trySend("one");
    await numbers.send(scope, 2);
    expect([(await merged.next()).value, (await merged.next()).value].toSorted()).toEqual([2, "one"]);
    await merged.return();
  });

  it("an item that was taken from it, and for which the function was not called, goes to undelivered (I12)", async () => {
    const channel = new Channel<number>({ capacity: 10 });
    for (let item = 0; item < 10; item++) channel.trySend(item);
    const called: number[] = [];
    const undelivered: number[] = [];
    const results = mapStream(channel, (item) => called.push(item), {
      limit: 2,
      buffer: 1,
      undelivered: (item) => undelivered.push(item),
    });
    await results.next();
    await results.return();
    const left: number[] = [];
    for (let item = channel.tryReceive(); item !== undefined; item = channel.tryReceive()) left.push(item.value);
    expect([...called, ...undelivered, ...left]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]); // none is lost, none is doubled
  });
});
