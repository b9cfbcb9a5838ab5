/** Second clauses of the rules of channels. */
import { describeTree } from "@selvage/scope/debug";
import { settled, VirtualClock } from "@selvage/testing";
import { TaskGroup } from "@selvage/task-group";
import { Supervisor } from "@selvage/supervisor";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { describe, expect, it } from "vitest";
import {
  Broadcast,
  CancelledError,
  CancelScope,
  Channel,
  ClosedError,
  elapsed,
  InvalidStateError,
  LaggedError,
  produce,
  select,
  Watch,
} from "../src/index.js";

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Runs `act` when a deadline at 10 has passed, and before its timer fires. */
async function whenTimeIsUp(
  begin: (scope: CancelScope) => Promise<unknown>,
  act: () => void,
): Promise<{ error: unknown; reason: unknown; wasCancelled: boolean }> {
  const clock = new VirtualClock();
  let wasCancelled = true;
  const scope = new CancelScope({ clock, deadline: 10 });
  scope.deadline = Infinity;
  clock.setTimer(() => {
    act();
    wasCancelled = scope.cancelled;
  }, 10);
  scope.deadline = 10;
  const error = errorOf(begin(scope));
  await clock.advance(10);
  return { error: await error, reason: scope.reason, wasCancelled };
}

describe("the giver peeks", () => {
  it("an item does not go to a receiver whose time is up (Q3)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<string>();
    let kept: Promise<string>;
    const { error, reason } = await whenTimeIsUp(
      (own) => {
        const lost = channel.receive(own);
        kept = channel.receive(scope);
        return lost;
      },
      () => {
        expect(channel.trySend("a")).toBe(true);
      },
    );
    expect(error).toBe(reason);
    expect(await kept!).toBe("a");
  });

  it("nor to a loop over the items, nor to a select (Q3, Q9, Q10)", async () => {
    for (const begin of [
      (channel: Channel<string>, own: CancelScope) => channel.items(own).next(),
      (channel: Channel<string>, own: CancelScope) => select(own, [channel.onReceive((item) => item)]),
    ]) {
      const channel = new Channel<string>();
      const { error, reason } = await whenTimeIsUp(
        (own) => begin(channel, own),
        () => {
          expect(channel.trySend("a")).toBe(false);
        },
      );
      expect(error).toBe(reason);
    }
  });

  it("an item is not taken from a sender whose time is up, with and without a buffer (Q3)", async () => {
    for (const capacity of [0, 1]) {
      const channel = new Channel<string>({ capacity });
      if (capacity > 0) channel.trySend("first");
      const taken: unknown[] = [];
      const { error, reason } = await whenTimeIsUp(
        (own) => channel.send(own, "late"),
        () => {
          for (let item = channel.tryReceive(); item !== undefined; item = channel.tryReceive()) taken.push(item.value);
        },
      );
      expect(error).toBe(reason);
      expect(taken).toEqual(capacity > 0 ? ["first"] : []);
    }
  });

  it("peeking cancels nothing (Q3)", async () => {
    const channel = new Channel<string>();
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const log: string[] = [];
    clock.setTimer(() => {
      // The clock says 10 here, and the deadline's timer comes next.
      scope.onCancel(() => log.push("cancelled"));
      channel.trySend("a");
      log.push("peeked");
    }, 5);
    const lost = errorOf(channel.receive(scope));
    await clock.advance(5);
    await clock.advance(5);
    expect(await lost).toBeUndefined();
    expect(log).toEqual(["peeked", "cancelled"]);
  });
});

describe("closing", () => {
  it("the first call wins, from anywhere: also in a listener of a cancellation (Q5)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const error = new Error("first");
    const other = new CancelScope();
    other.onCancel(() => {
      channel.close(error);
      channel.close(new Error("second"));
    });
    const receive = errorOf(channel.receive(scope));
    const next = errorOf(channel.items(scope).next());
    other.cancel();
    channel.close();
    expect([await receive, await next, await errorOf(channel.receive(scope))]).toEqual([error, error, error]);
    const sent = await errorOf(channel.send(scope, 1));
    expect(sent).toBeInstanceOf(ClosedError);
    expect((sent as Error).cause).toBe(error);
  });

  it("any error but undefined is passed on, also a falsy one (Q5)", async () => {
    using scope = new CancelScope();
    for (const error of [null, 0, "", false]) {
      const channel = new Channel<number>();
      const waiting = errorOf(channel.receive(scope));
      const selecting = errorOf(select(scope, [channel.onReceive(() => "item")]));
      channel.close(error);
      expect([await waiting, await selecting, await errorOf(channel.receive(scope))]).toEqual([error, error, error]);
    }
  });

  it("a sender that waits while the channel closes is cut as any other, and the end is not delayed by it (Q5, Q2)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const own = new CancelScope();
    const sent = errorOf(channel.send(own, 1));
    channel.close();
    const received = errorOf(channel.items(scope).next());
    expect(await received).toBeUndefined();
    expect(await sent).toBeUndefined();
    const second = new Channel<number>();
    const cut = errorOf(second.send(own, 2));
    second.close();
    own.cancel();
    expect(await cut).toBe(own.reason);
    expect(await second.items(scope).next()).toEqual({ done: true, value: undefined });
  });

  it("after abandon, waiting senders and later ones reject with its error as the cause, and receivers get nothing (Q6)", async () => {
    using scope = new CancelScope();
    const left: number[] = [];
    const channel = new Channel<number>({ capacity: 2, undelivered: (item) => left.push(item) });
    channel.trySend(1);
    channel.trySend(2);
    const waiting = errorOf(channel.send(scope, 3));
    const cause = new Error("the disk is full");
    channel.abandon(cause);
    channel.abandon(new Error("too late"));
    const errors = [await waiting, await errorOf(channel.send(scope, 4))];
    for (const error of errors) {
      expect(error).toBeInstanceOf(ClosedError);
      expect((error as Error).cause).toBe(cause);
      expect((error as Error).message).toContain("have left");
    }
    expect(() => channel.trySend(5)).toThrow(ClosedError);
    expect(left).toEqual([1, 2]); // item 3 was not accepted
    await expect(channel.receive(scope)).rejects.toThrow(ClosedError);
  });

  it("abandon after close: the buffer goes to undelivered, and the error of close stays (Q5, Q6)", async () => {
    using scope = new CancelScope();
    const left: number[] = [];
    const channel = new Channel<number>({ capacity: 2, undelivered: (item) => left.push(item) });
    channel.trySend(1);
    const error = new Error("first");
    channel.close(error);
    channel.abandon();
    expect(left).toEqual([1]);
    expect(await errorOf(channel.receive(scope))).toBe(error);
  });
});

describe("undelivered", () => {
  it("is called synchronously, and what it throws is reported as uncaught (Q8)", async () => {
    const log: unknown[] = [];
    const uncaught = await uncaughtDuring(() => {
      const channel = new Channel<number>({
        capacity: 1,
        overflow: "drop-oldest",
        undelivered: (item) => {
          log.push(item);
          throw new Error(`no place for ${item}`);
        },
      });
      for (const item of [1, 2, 3]) expect(channel.trySend(item)).toBe(true);
      log.push("sent");
      channel.abandon();
    });
    expect(log).toEqual([1, 2, "sent", 3]);
    expect(uncaught.map(String)).toEqual([1, 2, 3].map((item) => `Error: no place for ${item}`));
  });

  it("may use the channel (Q8)", async () => {
    using scope = new CancelScope();
    const left: number[] = [];
    const channel: Channel<number> = new Channel<number>({
      capacity: 2,
      overflow: "drop-oldest",
      undelivered: (item) => {
        left.push(item);
        if (item === 1) {
          expect(channel.tryReceive()).toEqual({ value: 2 });
          channel.close();
        }
      },
    });
    for (const item of [1, 2, 3]) await channel.send(scope, item);
    expect(left).toEqual([1]);
    expect(await channel.receive(scope)).toBe(3);
  });
});

describe("a loop over the items", () => {
  it("is left without a loss, and each item goes to one of several (Q9)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 10 });
    for (let i = 1; i <= 5; i++) channel.trySend(i);
    for await (const item of channel.items(scope)) {
      expect(item).toBe(1);
      break;
    }
    channel.close();
    const loops = [1, 2].map(async () => {
      const items: number[] = [];
      for await (const item of channel.items(scope)) items.push(item);
      return items;
    });
    const both = await Promise.all(loops);
    expect(both.flat().sort()).toEqual([2, 3, 4, 5]);
    expect(both.every((items) => items.length === 2)).toBe(true);
  });

  it("next() of a loop that has thrown is done (Q9)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const error = new Error("reset");
    const items = channel.items(scope);
    const pending = errorOf(items.next());
    channel.close(error);
    expect(await pending).toBe(error);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });
});

describe("producers", () => {
  it("the channel closes with the last of several, and with the error of the first that was cut (Q7)", async () => {
    await CancelScope.run(async (scope) => {
      const channel = new Channel<number>({ capacity: 4 });
      const [one, other] = [channel.sender(scope), channel.sender(scope)];
      one.close();
      one.close();
      one[Symbol.dispose]();
      expect(channel.trySend(1)).toBe(true);
      await expect(one.send(2)).rejects.toThrow("This sender is closed");
      expect(() => one.trySend(2)).toThrow(ClosedError);
      other[Symbol.dispose]();
      expect(await channel.receive(scope)).toBe(1); // what was sent is still delivered
      await expect(channel.receive(scope)).rejects.toThrow(InvalidStateError);
    });
  });

  it("a failure that ends a task without close() names the task, and a handle waits on its own scope (Q7)", async () => {
    const channel = new Channel<number>();
    await TaskGroup.run(async (group) => {
      const task = group.createTask(
        async function importRows(scope) {
          using sender = channel.sender(scope);
          await sender.send(1);
        },
        { name: "importRows" },
      );
      await settled();
      task.cancel();
      const error = (await errorOf(channel.receive(group.scope))) as Error;
      expect(error.message).toContain('"importRows" was cancelled');
      expect(error.cause).toBeInstanceOf(CancelledError);
    });
  });

  it("produce starts its task in the owner of the scope: a group fails with it, a supervisor reports it (Q7)", async () => {
    const error = new Error("reset");
    const fail = async (): Promise<never> => {
      await Promise.resolve();
      throw error;
    };
    const seen: unknown[] = [];
    const group = TaskGroup.run(async ({ scope }) => {
      const channel = produce<number>(scope, fail);
      seen.push(await errorOf(channel.receive(new CancelScope({ parent: null }))));
    });
    await expect(group).rejects.toMatchObject({ errors: [error] });
    const reported: unknown[] = [];
    await Supervisor.run(
      async (supervisor) => {
        const channel = produce<number>(supervisor.scope, fail);
        seen.push(await errorOf(channel.receive(supervisor.scope)));
      },
      { onError: (one: unknown) => void reported.push(one) },
    );
    expect(seen).toEqual([error, error]);
    expect(reported).toEqual([error]);
  });

  it("produce in a task belongs to the group of the task (Q7)", async () => {
    const log: string[] = [];
    await TaskGroup.run((group) => {
      group.createTask(async (scope) => {
        const numbers = produce<number>(scope, async function count(sender) {
          log.push(describeTree(group.scope).includes("count") ? "count is a child of the group" : "?");
          for (let i = 0; i < 2; i++) await sender.send(i);
        });
        for await (const number of numbers.items(scope)) log.push(String(number));
      });
    });
    expect(log).toEqual(["count is a child of the group", "0", "1"]);
  });

  it("produce whose consumer abandons the channel fails its producer with ClosedError (Q6, Q7)", async () => {
    await CancelScope.run(async (scope) => {
      let thrown: unknown;
      const numbers = produce<number>(scope, async (sender) => {
        thrown = await errorOf(sender.send(1));
      });
      await settled();
      numbers.abandon();
      await settled();
      expect(thrown).toBeInstanceOf(ClosedError);
    });
  });

  it("wrong calls start nothing (Q7)", () => {
    const cancelled = new CancelScope();
    cancelled.cancel();
    let calls = 0;
    const count = (): number => calls++;
    expect(() => produce(cancelled, count)).toThrow(CancelledError);
    using live = new CancelScope();
    expect(() => produce(live, count, { capacity: -1 })).toThrow(RangeError);
    expect(() => produce(new AbortController().signal as never, count)).toThrow(TypeError);
    expect(calls).toBe(0);
  });
});

describe("select", () => {
  it("the function runs after the commit, in the caller: its failure is the caller's, and nothing is taken back (Q10)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const error = new Error("bad item");
    const selecting = errorOf(
      select(scope, [
        channel.onReceive(() => {
          throw error;
        }),
      ]),
    );
    expect(channel.trySend(1)).toBe(true);
    expect(channel.size).toBe(0);
    expect(await selecting).toBe(error);
  });

  it("a commit stands, also if the scope is cancelled in the same step (Q2, Q10)", async () => {
    const scope = new CancelScope();
    const channel = new Channel<number>();
    const selecting = select(scope, [channel.onReceive((item) => `got ${item}`)]);
    channel.trySend(1);
    scope.cancel();
    expect(await selecting).toBe("got 1");
  });

  it("the earlier case wins where two are ready, whatever their kinds (Q10)", async () => {
    using scope = new CancelScope();
    const full = new Channel<string>({ capacity: 1 });
    const free = new Channel<string>({ capacity: 1 });
    full.trySend("item");
    const cases = [full.onReceive(() => "received"), free.onSend("x", () => "sent"), elapsed(0, () => "late")];
    expect(await select(scope, cases)).toBe("received");
    full.trySend("item");
    expect(await select(scope, [cases[1]!, cases[0]!])).toBe("sent");
    expect(full.size).toBe(1);
    expect(await select(scope, [cases[2]!, cases[0]!])).toBe("late");
    expect(full.size).toBe(1);
  });

  it("a case that has lost takes nothing later, and sends nothing (Q10)", async () => {
    using scope = new CancelScope();
    const [a, b, c] = [new Channel<string>(), new Channel<string>(), new Channel<string>()];
    const selecting = select(scope, [
      a.onReceive((item) => item),
      b.onReceive((item) => item),
      c.onSend("x", () => "sent"),
    ]);
    expect(b.trySend("b")).toBe(true);
    expect([a.trySend("a"), b.trySend("b"), c.tryReceive()]).toEqual([false, false, undefined]);
    expect(await selecting).toBe("b");
    expect([a.waiting, b.waiting, c.waiting]).toEqual([0, 0, 0]);
  });

  it("a plain receive behind a select matches a select that sends (Q10)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<string>();
    const receiving = select(scope, [channel.onReceive((item) => `select ${item}`)]);
    const plain = channel.receive(scope);
    expect(await select(scope, [channel.onSend("a", () => "sent")])).toBe("sent");
    expect(await plain).toBe("a");
    channel.trySend("b");
    expect(await receiving).toBe("select b");
  });

  it("rejects with the error of the case that sends to a closed or full channel (Q10, Q5)", async () => {
    using scope = new CancelScope();
    const closed = new Channel<number>();
    const waiting = errorOf(select(scope, [closed.onSend(1, () => "sent")]));
    closed.close();
    closed.abandon();
    expect(await waiting).toBeInstanceOf(ClosedError);
    expect(await errorOf(select(scope, [closed.onSend(1, () => "sent")]))).toBeInstanceOf(ClosedError);
    const full = new Channel<number>({ capacity: 1, overflow: "error" });
    full.trySend(1);
    expect(await errorOf(select(scope, [full.onSend(2, () => "sent")]))).toBeInstanceOf(LaggedError);
  });

  it("a time that is up at the deadline of the scope does not win (C1, Q10)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const selecting = errorOf(select(scope, [elapsed(10, () => "late")]));
    await clock.advance(10);
    expect(await selecting).toBe(scope.reason);
    expect(clock.pending).toBe(0);
  });
});

describe("a broadcast", () => {
  it("a subscription sees what is sent after it began, and its own end gives the rest to undelivered (Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>({ name: "prices" });
    await broadcast.send(scope, 0);
    const left: number[] = [];
    const own = new CancelScope();
    const subscription = broadcast.subscribe(own, { capacity: 3, undelivered: (item) => left.push(item) });
    for (const item of [1, 2]) await broadcast.send(scope, item);
    expect(await subscription.receive(scope)).toBe(1);
    own.cancel();
    expect(left).toEqual([2]);
    await expect(subscription.receive(scope)).rejects.toThrow(ClosedError);
    await broadcast.send(scope, 3);
    expect(left).toEqual([2]);
  });

  it("a subscriber that lags learns how many it has missed, once, and goes on (Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const slow = broadcast.subscribe(scope, { capacity: 2, overflow: "error" });
    for (let i = 1; i <= 5; i++) await broadcast.send(scope, i);
    expect(await errorOf(slow.receive(scope))).toMatchObject({ name: "LaggedError", missed: 3 });
    expect([await slow.receive(scope), await slow.receive(scope)]).toEqual([4, 5]);
    const items = slow.items(scope);
    for (let i = 6; i <= 8; i++) await broadcast.send(scope, i);
    expect(await errorOf(items.next())).toMatchObject({ missed: 1 });
    expect(await items.next()).toEqual({ done: false, value: 7 }); // a loop by hand goes on, too
  });

  it("a subscriber that lags without a buffer misses what comes while it does not receive (Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const left: number[] = [];
    const slow = broadcast.subscribe(scope, { overflow: "error", undelivered: (item) => left.push(item) });
    for (let i = 1; i <= 2; i++) await broadcast.send(scope, i);
    expect([slow.size, left]).toEqual([0, [1, 2]]);
    expect(await errorOf(slow.receive(scope))).toMatchObject({ missed: 2 });
    const next = slow.receive(scope);
    await broadcast.send(scope, 3);
    expect(await next).toBe(3);
  });

  it("with a close, what was sent is received, also by senders that wait, and then its error (Q11, Q5)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const subscription = broadcast.subscribe(scope, { capacity: 1 });
    await broadcast.send(scope, 1);
    const second = broadcast.send(scope, 2);
    const error = new Error("reset");
    broadcast.close(error);
    await expect(broadcast.send(scope, 3)).rejects.toThrow(ClosedError);
    expect(await subscription.receive(scope)).toBe(1);
    expect(await subscription.receive(scope)).toBe(2);
    await second;
    expect(await errorOf(subscription.receive(scope))).toBe(error);
    expect(() => broadcast.subscribe(scope)).toThrow(ClosedError);
  });

  it("a cancelled send reaches nobody (Q2, Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const one = broadcast.subscribe(scope, { capacity: 1 });
    const other = broadcast.subscribe(scope, { capacity: 5 });
    await broadcast.send(scope, 1);
    const sender = new CancelScope();
    const sent = errorOf(broadcast.send(sender, 2));
    sender.cancel();
    expect(await sent).toBe(sender.reason);
    expect([one.size, other.size]).toEqual([1, 1]);
    await one.receive(scope);
    expect(other.size).toBe(1);
  });
});

describe("a watch", () => {
  it("a predicate or a wait that throws or is cancelled fails alone (Q11)", async () => {
    using scope = new CancelScope();
    const watch = new Watch(0);
    const error = new Error("bad predicate");
    const bad = errorOf(
      watch.until(scope, (value) => {
        if (value > 0) throw error;
        return false;
      }),
    );
    const own = new CancelScope();
    const cut = errorOf(watch.until(own, (value) => value > 1));
    const good = watch.until(scope, (value) => value > 1);
    own.cancel();
    watch.set(1);
    watch.set(2);
    expect([await bad, await cut, await good]).toEqual([error, own.reason, 2]);
  });

  it("a value that is set while waits are served reaches each of them once (Q11)", async () => {
    using scope = new CancelScope();
    const watch = new Watch(0);
    const seen: number[] = [];
    const inner = watch.until(scope, (value) => {
      seen.push(value);
      if (value === 1) watch.set(2);
      return value === 2;
    });
    const other = watch.changed(scope, 0);
    watch.set(1);
    expect(await inner).toBe(2);
    expect(await other).toEqual({ value: 2, version: 2 });
    expect(seen).toEqual([0, 1, 2]);
  });

  it("does not wait for a version that is not the present one, and is closed with an error (Q11)", async () => {
    using scope = new CancelScope();
    const watch = new Watch("a");
    expect(await watch.changed(scope, 7)).toEqual({ value: "a", version: 0 });
    const error = new Error("gone");
    const waits = [errorOf(watch.changed(scope, 0)), errorOf(watch.until(scope, (value) => value === "b"))];
    watch.close(error);
    watch.close();
    expect(await Promise.all(waits)).toEqual([error, error]);
    expect(() => {
      watch.set("b");
    }).toThrow(error);
    expect(watch.value).toBe("a");
  });
});

it("describeTree shows what waits for it (Q12, M10)", async () => {
  const scope = new CancelScope({ name: "import" });
  const jobs = new Channel<number>({ name: "jobs" });
  const prices = new Broadcast<number>({ name: "prices" });
  const ready = new Watch(false, { name: "ready" });
  const waits = [
    jobs.receive(scope),
    prices.subscribe(scope).receive(scope),
    ready.until(scope, (value) => value),
    select(scope, [jobs.onReceive(() => {})]),
  ].map(errorOf);
  const tree = describeTree(scope);
  for (const text of ['channel "jobs"', 'broadcast "prices"', 'watch "ready"', "select"]) expect(tree).toContain(text);
  scope.cancel();
  expect(await Promise.all(waits)).toEqual(waits.map(() => scope.reason));
  expect([jobs.waiting, prices.size]).toEqual([0, 0]);
});
