import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import {
  Channel,
  CancelScope,
  ClosedError,
  InvalidStateError,
  LaggedError,
  produce,
  select,
  elapsed,
  Broadcast,
  Watch,
} from "../src/index.js";

describe("a channel", () => {
  it("hands items over in order, and a sender waits until there is room (Q2, Q4)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const log: string[] = [];
    const sends = [1, 2, 3].map((item) => channel.send(scope, item).then(() => log.push(`sent ${item}`)));
    await settled();
    expect([log, channel.size, channel.waiting]).toEqual([["sent 1"], 1, -2]);
    expect(await channel.receive(scope)).toBe(1);
    expect(await channel.receive(scope)).toBe(2);
    expect(channel.tryReceive()).toEqual({ value: 3 });
    expect(channel.tryReceive()).toBeUndefined();
    await Promise.all(sends);
  });

  it("without a buffer hands each item from a sender to a receiver (Q1)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<string>();
    expect(channel.trySend("nobody")).toBe(false);
    const received = channel.receive(scope);
    expect(channel.trySend("a")).toBe(true);
    expect(await received).toBe("a");
    const sent = channel.send(scope, "b");
    expect(channel.tryReceive()).toEqual({ value: "b" });
    await sent;
  });

  it("that is closed still delivers what was sent, also by senders that wait (Q5)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const sends = [channel.send(scope, 1), channel.send(scope, 2)];
    channel.close();
    expect(() => channel.trySend(3)).toThrow(ClosedError);
    await expect(channel.send(scope, 3)).rejects.toThrow(ClosedError);
    const items: number[] = [];
    for await (const item of channel.items(scope)) items.push(item);
    expect(items).toEqual([1, 2]);
    await Promise.all(sends);
    await expect(channel.receive(scope)).rejects.toThrow(ClosedError);
  });

  it("that is closed with an error rejects with that error (Q5)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const error = new Error("disk full");
    channel.trySend(1);
    channel.close(error);
    channel.close(new Error("too late"));
    const items = channel.items(scope);
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await expect(items.next()).rejects.toBe(error);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await expect(channel.receive(scope)).rejects.toBe(error);
  });

  it("that is abandoned rejects senders, and gives the buffer to undelivered (Q6, Q8)", async () => {
    using scope = new CancelScope();
    const lost: number[] = [];
    const channel = new Channel<number>({ capacity: 2, undelivered: (item) => lost.push(item) });
    const sends = [1, 2, 3].map((item) => channel.send(scope, item));
    const why = new Error("enough");
    channel.abandon(why);
    const ends = await Promise.allSettled(sends);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect((ends[2] as PromiseRejectedResult).reason).toMatchObject({ name: "ClosedError", cause: why });
    expect(lost).toEqual([1, 2]);
  });

  it("drops by its overflow, and tells undelivered (Q1, Q8)", async () => {
    using scope = new CancelScope();
    for (const [overflow, kept, dropped] of [
      ["drop-oldest", [2, 3], [1]],
      ["drop-newest", [1, 2], [3]],
    ] as const) {
      const lost: number[] = [];
      const channel = new Channel<number>({ capacity: 2, overflow, undelivered: (item) => lost.push(item) });
      for (const item of [1, 2, 3]) await channel.send(scope, item);
      channel.close();
      const items: number[] = [];
      for await (const item of channel.items(scope)) items.push(item);
      expect([items, lost]).toEqual([kept, dropped]);
    }
    const full = new Channel<number>({ capacity: 1, overflow: "error" });
    await full.send(scope, 1);
    expect(full.trySend(2)).toBe(false);
    await expect(full.send(scope, 2)).rejects.toThrow(LaggedError);
  });

  it("a cancelled wait takes and sends nothing (Q2, Q3)", async () => {
    const clock = new VirtualClock();
    using scope = new CancelScope({ clock });
    const channel = new Channel<string>();
    const impatient = new CancelScope({ clock, deadline: 10 });
    const lost = channel.receive(impatient);
    const kept = channel.receive(scope);
    await clock.advance(10);
    channel.trySend("a");
    await expect(lost).rejects.toBe(impatient.reason);
    expect(await kept).toBe("a");
    const sender = new CancelScope({ clock });
    const sent = channel.send(sender, "b");
    sender.cancel();
    await expect(sent).rejects.toBe(sender.reason);
    expect(channel.tryReceive()).toBeUndefined();
  });

  it("return() of its iterator settles a pending next(), which takes nothing (Q9)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const items = channel.items(scope);
    const pending = items.next();
    await items.return!();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(channel.trySend(1)).toBe(false);
  });
});

describe("producers", () => {
  it("the channel closes when the last handle is closed (Q7)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 4 });
    const [one, other] = [channel.sender(scope), channel.sender(scope)];
    await one.send(1);
    one.close();
    await other.send(2);
    other.close();
    const items: number[] = [];
    for await (const item of channel.items(scope)) items.push(item);
    expect(items).toEqual([1, 2]);
  });

  it("a handle that is disposed of, cancelled or forgotten closes it with an error that names the producer (Q7)", async () => {
    using scope = new CancelScope();
    const ends: ((own: CancelScope, sender: Disposable) => void)[] = [
      (_, sender) => sender[Symbol.dispose](),
      (own) => own.cancel(),
      (own) => own.close(),
    ];
    for (const end of ends) {
      const channel = new Channel<number>();
      const own = new CancelScope({ name: "import" });
      end(own, channel.sender(own));
      const error = await channel.receive(scope).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(InvalidStateError);
      expect((error as Error).message).toContain('The producer "import"');
    }
  });

  it("produce closes for its function, and passes its failure on (Q7)", async () => {
    const error = new Error("disk full");
    const log: unknown[] = [];
    await CancelScope.run(async (scope) => {
      const channel = produce<number>(scope, async (sender) => {
        await sender.send(1);
        throw error;
      });
      try {
        for await (const item of channel.items(scope)) log.push(item);
      } catch (thrown) {
        log.push(thrown);
      }
    });
    expect(log).toEqual([1, error]);
  });
});

describe("select", () => {
  it("commits the first ready case in order, and leaves the others (Q10)", async () => {
    using scope = new CancelScope();
    const [a, b] = [new Channel<number>({ capacity: 1 }), new Channel<number>({ capacity: 1 })];
    a.trySend(1);
    b.trySend(2);
    expect(await select(scope, [b.onReceive((item) => `b ${item}`), a.onReceive((item) => `a ${item}`)])).toBe("b 2");
    expect([a.size, b.size]).toEqual([1, 0]);
  });

  it("waits for the first that becomes ready, and leaves nothing behind (Q10)", async () => {
    const clock = new VirtualClock();
    using scope = new CancelScope({ clock });
    const [a, b] = [new Channel<number>(), new Channel<string>()];
    const selected = select(scope, [
      a.onReceive((item) => item),
      b.onSend("x", () => "sent"),
      elapsed(50, () => "late"),
    ]);
    await settled();
    expect(b.tryReceive()).toEqual({ value: "x" });
    expect(await selected).toBe("sent");
    expect([a.waiting, b.waiting, clock.pending]).toEqual([0, 0, 0]);
    const late = select(scope, [a.onReceive((item) => item), elapsed(50, () => "late")]);
    await clock.advance(50);
    expect(await late).toBe("late");
  });

  it("two selects do not match each other (Q10)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const receiving = select(scope, [channel.onReceive((item) => item)]);
    const sending = select(scope, [channel.onSend(1, () => "sent")]);
    await settled();
    expect(channel.waiting).toBe(0);
    expect(channel.trySend(2)).toBe(true);
    expect(await receiving).toBe(2);
    expect(channel.tryReceive()).toEqual({ value: 1 });
    expect(await sending).toBe("sent");
  });

  it("the case of a closed channel rejects (Q10)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>();
    const waiting = select(scope, [channel.onReceive((item) => item)]);
    channel.close();
    await expect(waiting).rejects.toThrow(ClosedError);
    await expect(select(scope, [channel.onSend(1, () => 1)])).rejects.toThrow(ClosedError);
  });
});

describe("a broadcast", () => {
  it("sends to all, waits for the slow one, and lags where that is asked for (Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const waits = broadcast.subscribe(scope, { capacity: 1 });
    const lags = broadcast.subscribe(scope, { capacity: 1, overflow: "error" });
    await broadcast.send(scope, 1);
    const second = broadcast.send(scope, 2);
    await settled();
    expect(waits.size).toBe(1);
    expect(await waits.receive(scope)).toBe(1);
    await second;
    await expect(lags.receive(scope)).rejects.toMatchObject({ name: "LaggedError", missed: 1 });
    expect(await lags.receive(scope)).toBe(2);
    expect(await waits.receive(scope)).toBe(2);
    broadcast.close();
    await expect(waits.receive(scope)).rejects.toThrow(ClosedError);
  });

  it("a subscription ends with its scope, and frees a send that waits for it (Q11)", async () => {
    using scope = new CancelScope();
    const broadcast = new Broadcast<number>();
    const own = new CancelScope();
    broadcast.subscribe(own, {});
    const sent = broadcast.send(scope, 1);
    await settled();
    own.close();
    await sent;
    expect(broadcast.size).toBe(0);
  });
});

describe("a watch", () => {
  it("misses no change between reading and waiting (Q11)", async () => {
    using scope = new CancelScope();
    const watch = new Watch("a");
    const { version } = watch;
    watch.set("b");
    expect(await watch.changed(scope, version)).toEqual({ value: "b", version: 1 });
    const waiting = watch.changed(scope, 1);
    const until = watch.until(scope, (value) => value === "d");
    watch.set("c");
    expect(await waiting).toEqual({ value: "c", version: 2 });
    watch.set("d");
    expect(await until).toBe("d");
    const closed = watch.changed(scope, 3);
    watch.close();
    await expect(closed).rejects.toThrow(ClosedError);
    expect(await watch.changed(scope, 0)).toEqual({ value: "d", version: 3 });
  });
});
