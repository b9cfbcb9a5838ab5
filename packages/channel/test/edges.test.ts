/** Foreign code that runs in the middle of an operation of a channel: observers, clocks, getters and listeners. */
import { observe } from "@selvage/scope/lowlevel";
import { TaskGroup } from "@selvage/task-group";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import {
  Broadcast,
  CancelledError,
  CancelScope,
  Channel,
  type Clock,
  ClosedError,
  elapsed,
  InvalidStateError,
  produce,
  select,
  type Subscription,
  Watch,
} from "../src/index.js";

/** What has become of a promise after all that can happen has happened: "pending", its value or its error. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = "pending";
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  for (let i = 0; i < 3; i++) await settled();
  return outcome;
}

/** Calls `act` once, when a scope opens. */
function whenOpened(act: () => void): Disposable {
  let isDone = false;
  return observe({
    opened() {
      if (isDone) return;
      isDone = true;
      act();
    },
  });
}

/** A clock that calls a function once when it is read. Its timers never fire. */
class HookedClock implements Clock {
  time = 0;
  hook: (() => void) | undefined = undefined;
  now(): number {
    const { hook } = this;
    this.hook = undefined;
    hook?.();
    return this.time;
  }
  setTimer(): undefined {}
  clearTimer(): void {}
}

describe("a channel that is abandoned or closed in the middle", () => {
  it("of a send in a signal rejects it (Q6)", async () => {
    const channel = new Channel<number>();
    using _ = whenOpened(() => {
      channel.abandon();
    });
    expect(await outcomeOf(channel.send(new AbortController().signal, 1))).toBeInstanceOf(ClosedError);
    expect(channel.waiting).toBe(0);
  });

  it("of a send that asks the clock of a receiver rejects it, and accepts nothing (Q6, Q8)", async () => {
    const clock = new HookedClock();
    const undelivered: number[] = [];
    const channel = new Channel<number>({ capacity: 1, undelivered: (item) => undelivered.push(item) });
    using scope = new CancelScope();
    using waiting = new CancelScope({ clock, deadline: 10 });
    const received = outcomeOf(channel.receive(waiting));
    clock.hook = () => {
      channel.abandon();
    };
    expect(await outcomeOf(channel.send(scope, 1))).toBeInstanceOf(ClosedError);
    expect([undelivered, channel.size]).toEqual([[], 0]);
    expect(await received).toBeInstanceOf(ClosedError);
  });
});

describe("a broadcast", () => {
  it("that is closed in the middle of a send in a signal rejects it (Q5, Q11)", async () => {
    const broadcast = new Broadcast<number>();
    using _ = whenOpened(() => {
      broadcast.close();
    });
    expect(await outcomeOf(broadcast.send(new AbortController().signal, 1))).toBeInstanceOf(ClosedError);
  });

  it("that is closed in the middle of a subscribe ends the subscription (Q5, Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    let subscription: Subscription<number>;
    {
      using _ = whenOpened(() => {
        broadcast.close();
      });
      subscription = broadcast.subscribe(new AbortController().signal);
    }
    expect(broadcast.size).toBe(0);
    expect(await outcomeOf(subscription.receive(scope))).toBeInstanceOf(ClosedError);
  });

  it("a subscription whose signal aborts in the middle of subscribe has ended (Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const controller = new AbortController();
    using _ = whenOpened(() => {
      controller.abort();
    });
    const subscription = broadcast.subscribe(controller.signal);
    expect(broadcast.size).toBe(0);
    expect(await outcomeOf(subscription.receive(scope))).toBeInstanceOf(ClosedError);
  });

  it("a subscription that leaves while an item is handed to it has not got it (Q8, Q11)", async () => {
    const clock = new HookedClock();
    const undelivered: number[] = [];
    const broadcast = new Broadcast<number>();
    using scope = new CancelScope();
    const subscription = broadcast.subscribe(scope, { capacity: 1, undelivered: (item) => undelivered.push(item) });
    using waiting = new CancelScope({ clock, deadline: 10 });
    const received = outcomeOf(subscription.receive(waiting));
    clock.hook = () => {
      subscription.close();
    };
    await broadcast.send(scope, 1);
    expect([await received, undelivered, subscription.size]).toEqual([expect.any(ClosedError), [], 0]);
  });

  it("a subscription that has read all of a closed broadcast is no longer retained by its scope (Q12)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const subscription = broadcast.subscribe(scope, { capacity: 1 });
    await broadcast.send(scope, 1);
    broadcast.close();
    expect(Reflect.get(scope, "_waiters")).toBeDefined();
    expect(await subscription.receive(scope)).toBe(1);
    expect(Reflect.get(scope, "_waiters")).toBe(undefined);
  });
});

it("a subscription that leaves while another one gets an item holds up nothing (Q11)", async () => {
  using scope = new CancelScope();
  const broadcast = new Broadcast<number>();
  const first = broadcast.subscribe(scope, { capacity: 1 });
  const second = broadcast.subscribe(scope);
  const received = [outcomeOf(first.receive(scope)), outcomeOf(second.receive(scope))];
  {
    using _ = observe({
      waiting(_scope, what) {
        if (what === undefined) second.close();
      },
    });
    await broadcast.send(scope, 1);
  }
  expect(await Promise.all(received)).toEqual([1, expect.any(ClosedError)]);
  expect(await outcomeOf(broadcast.send(scope, 2))).toBe(undefined);
  expect([broadcast.size, first.size]).toEqual([1, 1]);
});

it("20,000 subscriptions make room for a send in linear time (Q11)", async () => {
  const scope = new CancelScope();
  const broadcast = new Broadcast<number>();
  const subscriptions = Array.from({ length: 20_000 }, () => broadcast.subscribe(scope, { capacity: 1 }));
  await broadcast.send(scope, 1);
  const sent = broadcast.send(scope, 2);
  const begin = performance.now();
  for (const each of subscriptions) expect(each.tryReceive()?.value).toBe(1);
  await sent;
  expect(performance.now() - begin).toBeLessThan(5_000);
  expect(subscriptions.every(({ size }) => size === 1)).toBe(true);
  scope.cancel();
  expect(broadcast.size).toBe(0);
});

describe("a producer", () => {
  it("that is cancelled before its turn closes its channel with an error (Q7)", async () => {
    using scope = new CancelScope();
    let received!: Promise<unknown>;
    await TaskGroup.run(
      async (group) => {
        group.createTask((own) => own.sleep(Infinity));
        const channel = produce<number>(group.scope, async (sender) => sender.send(1));
        received = outcomeOf(channel.receive(scope));
        await group.scope.checkpoint();
        group.scope.cancel();
      },
      { limit: 1 },
    ).catch(() => {});
    expect(await received).toBeInstanceOf(InvalidStateError);
  });

  it("whose scope is cancelled as it opens closes its channel with an error (Q7)", async () => {
    using scope = new CancelScope();
    using parent = new CancelScope();
    using _ = whenOpened(() => {
      parent.cancel();
    });
    const channel = produce<number>(parent, async (sender) => sender.send(1));
    expect(await outcomeOf(channel.receive(scope))).toBeInstanceOf(InvalidStateError);
  });

  it("that ends while an item waits to be sent has not sent everything (Q5, Q7)", async () => {
    using scope = new CancelScope();
    const channel = produce<number>(scope, (sender) => {
      void sender.send(1);
    });
    await settled();
    expect(await outcomeOf(channel.receive(scope))).toBeInstanceOf(InvalidStateError);
  });

  it("that is closed while an item waits to be sent is complete when that was received (Q5, Q7)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const sender = channel.sender(scope);
    void sender.send(1);
    sender.close();
    expect(await channel.receive(scope)).toBe(1);
    expect(await outcomeOf(channel.items(scope).next())).toEqual({ done: true, value: undefined });
  });
});

describe("a watch", () => {
  it("that is closed with a falsy error rejects with it (Q11)", async () => {
    using scope = new CancelScope();
    const watch = new Watch(1);
    const waiting = outcomeOf(watch.changed(scope, 0));
    watch.close(null);
    expect(await waiting).toBe(null);
    expect(await outcomeOf(watch.changed(scope, 0))).toBe(null);
  });

  it("that is set while a scope is cancelled or closed ends its waits as the scope does (Q11)", async () => {
    for (const [end, error] of [
      ["cancel", CancelledError],
      ["close", ClosedError],
    ] as const) {
      const scope = new CancelScope();
      const watch = new Watch(1);
      const channel = new Channel<number>();
      const waits = [
        watch.changed(scope, 0),
        channel.receive(scope),
        watch.until(scope, (value) => value === 2),
        select(scope, [channel.onReceive((item) => item)]),
      ].map(outcomeOf);
      {
        using _ = observe({
          waiting(_scope, what) {
            if (what !== undefined) return;
            watch.set(2);
            channel.trySend(1);
          },
        });
        scope[end]();
      }
      for (const outcome of await Promise.all(waits)) expect(outcome).toBeInstanceOf(error);
    }
  });
});

describe("select", () => {
  it("fails alone where a clock outside throws when its time is up (C1, Q10)", async () => {
    const clock = new VirtualClock();
    const broken = new HookedClock();
    const outer = new CancelScope({ clock: broken, deadline: 1_000 });
    const scope = new CancelScope({ parent: outer, clock });
    const channel = new Channel<number>();
    const selected = select(scope, [channel.onReceive((item) => item), elapsed(10, () => "late")]);
    selected.catch(() => {});
    broken.now = () => {
      throw new Error("the clock is broken");
    };
    expect(await uncaughtDuring(() => clock.advance(20))).toEqual([]);
    expect(await outcomeOf(selected)).toMatchObject({ message: "the clock is broken" });
    expect(channel.waiting).toBe(0);
  });

  it("may send to and receive from one channel, and never matches itself (Q10)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const selected = select(scope, [channel.onReceive((item) => item), channel.onSend(5, () => "sent")]);
    expect(await outcomeOf(selected)).toBe("pending");
    expect(await channel.receive(scope)).toBe(5);
    expect(await selected).toBe("sent");
    expect([channel.waiting, channel.trySend(1)]).toEqual([0, false]);
  });
});

it("an item with a then that cancels its sender was sent, and is received (Q2)", async () => {
  const sending = new CancelScope();
  using scope = new CancelScope();
  const channel = new Channel<object>();
  const item = {
    get then() {
      sending.cancel();
      return undefined;
    },
  };
  const received = outcomeOf(channel.receive(scope));
  expect(await outcomeOf(channel.send(sending, item))).toBe(undefined);
  expect(await received).toBe(item);
});

it("an item that is a promise is given as it is, but receive settles as it does (Q2)", async () => {
  using scope = new CancelScope();
  const channel = new Channel<Promise<number>>({ capacity: 4 });
  const item = Promise.resolve(1);
  for (let i = 0; i < 4; i++) channel.trySend(item);
  expect(await channel.items(scope).next()).toEqual({ done: false, value: item });
  expect(channel.tryReceive()?.value).toBe(item);
  expect(await select(scope, [channel.onReceive((one) => one === item)])).toBe(true);
  expect(await channel.receive(scope)).toBe(1);
});

it("100,000 waits that are cancelled leave nothing (Q12)", async () => {
  const channel = new Channel<number>();
  const scope = new CancelScope();
  const controller = new AbortController();
  const items = channel.items(scope);
  const waits = Array.from({ length: 100_000 }, (_, i) => {
    const of = i % 2 === 0 ? scope : controller.signal;
    if (i % 3 === 0) return channel.receive(of);
    return i % 3 === 1 ? items.next() : select(of, [channel.onReceive((item) => item), elapsed(1_000, () => 0)]);
  });
  scope.cancel();
  controller.abort();
  const outcomes = await Promise.allSettled(waits);
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect([channel.waiting, channel.trySend(1)]).toEqual([0, false]);
});
