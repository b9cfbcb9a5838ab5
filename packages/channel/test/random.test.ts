/** Random programs: no item is lost, doubled or out of order, and none is received after its send was rejected. */
import { observe } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CancelScope as Scope, CancelScope, Channel, elapsed, type Overflow, select } from "../src/index.js";

/** How many random programs run. */
const RUNS = Number(process.env["RUNS"] ?? 500);

type Kind =
  "send" | "receive" | "next" | "select" | "trySend" | "tryReceive" | "cancel" | "close scope" | "close" | "abandon";

const action = fc.record({
  kind: fc.oneof(
    { weight: 18, arbitrary: fc.constantFrom<Kind>("send", "receive", "next") },
    { weight: 12, arbitrary: fc.constantFrom<Kind>("select", "trySend", "tryReceive", "cancel", "close scope") },
    { weight: 1, arbitrary: fc.constantFrom<Kind>("close", "abandon") },
  ),
  index: fc.nat(20),
  delay: fc.option(fc.nat(20), { nil: Infinity, freq: 2 }),
});

const program = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  buffer: fc.oneof(
    fc.record({
      capacity: fc.constantFrom(0, 1, 2, 5, Infinity),
      overflow: fc.constantFrom<Overflow>("wait", "error"),
    }),
    fc.record({
      capacity: fc.constantFrom(1, 2, 5),
      overflow: fc.constantFrom<Overflow>("drop-oldest", "drop-newest"),
    }),
  ),
  steps: fc.array(fc.tuple(fc.nat(8), fc.array(fc.array(action, { maxLength: 5 }), { maxLength: 3 })), {
    maxLength: 14,
  }),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;
type Action = Program["steps"][number][1][number][number];

/** One run of a program, with two channels. */
class Run {
  readonly #clock: VirtualClock;
  readonly #channels: readonly Channel<number>[];
  readonly #scopes: Scope[] = [];
  readonly #pending = new Set<Promise<unknown>>();
  #next = 0;
  /** The items by what has become of them. */
  readonly accepted = new Set<number>();
  readonly rejected = new Set<number>();
  readonly received: number[][] = [[], []];
  readonly undelivered: number[] = [];
  /** Items that a `select` has sent or received: its function is called later, and a case may be overtaken. */
  readonly selected = new Set<number>();

  /** Operations of an observer, which runs in the middle of others. */
  readonly #inner: Action[] = [];

  constructor({ seed, buffer }: Program) {
    this.#clock = new VirtualClock({ seed });
    const undelivered = (item: number): void => void this.undelivered.push(item);
    this.#channels = [new Channel({ ...buffer, undelivered }), new Channel({ ...buffer, undelivered })];
  }

  /** Runs the operations of each step, and at every change of a wait one more of `inner`. */
  async run({ steps }: Program, inner: readonly Action[] = []): Promise<void> {
    this.#inner.push(...inner);
    using _watching = observe({
      waiting: () => {
        const one = this.#inner.pop();
        if (one !== undefined) this.#act(one);
      },
    });
    for (const [gap, timers] of steps) {
      for (const actions of timers) {
        this.#clock.setTimer(() => {
          for (const one of actions) this.#act(one);
        }, gap);
      }
      await this.#clock.advance(gap);
    }
    for (const scope of this.#scopes) scope.cancel();
    await this.#clock.advance(0);
    for (const [index, channel] of this.#channels.entries()) {
      for (let taken = channel.tryReceive(); taken !== undefined; taken = channel.tryReceive()) {
        this.received[index]!.push(taken.value);
      }
      expect([channel.size, channel.waiting]).toEqual([0, 0]);
    }
    await Promise.all(this.#pending);
    this.#check();
    if (inner.length === 0) this.#checkOrder(); // calls inside others are noted in another order
    expect(this.#clock.pending).toBe(0);
  }

  #check(): void {
    const all = [...this.received.flat(), ...this.undelivered];
    expect(new Set(all).size).toBe(all.length); // once
    expect(new Set(all)).toEqual(this.accepted);
    for (const item of this.rejected) expect(this.accepted.has(item)).toBe(false);
  }

  #checkOrder(): void {
    for (const items of this.received) {
      const plain = items.filter((item) => !this.selected.has(item));
      expect(plain).toEqual([...plain].sort((one, other) => one - other));
    }
  }

  #act({ kind, index, delay }: Action): void {
    const channel = this.#channels[index % 2]!;
    const other = this.#channels[(index + 1) % 2]!;
    const old = this.#scopes[index % Math.max(1, this.#scopes.length)];
    if (kind === "cancel") old?.cancel();
    else if (kind === "close scope") old?.close();
    else if (kind === "close") channel.close();
    else if (kind === "abandon") channel.abandon();
    else if (kind === "trySend") this.#try(channel);
    else if (kind === "tryReceive") {
      const taken = channel.tryReceive()?.value;
      this.#note(Promise.resolve(), () => this.#take(index % 2, taken)); // in a microtask, as the others are noted
    } else this.#wait(kind, channel, other, index, delay);
  }

  #try(channel: Channel<number>): void {
    const item = this.#next++;
    try {
      (channel.trySend(item) ? this.accepted : this.rejected).add(item);
    } catch {
      this.rejected.add(item);
    }
  }

  #take(at: number, item: number | undefined): void {
    if (item !== undefined) this.received[at]!.push(item);
  }

  #wait(kind: Kind, channel: Channel<number>, other: Channel<number>, index: number, delay: number): void {
    const scope = new CancelScope({ clock: this.#clock, deadline: this.#clock.now() + delay });
    this.#scopes.push(scope);
    const caller = index % 3 === 0 ? scope.signal : scope;
    const at = index % 2;
    if (kind === "send") {
      const item = this.#next++;
      this.#note(
        channel.send(caller, item),
        () => this.accepted.add(item),
        () => this.rejected.add(item),
      );
    } else if (kind === "receive") {
      this.#note(channel.receive(caller), (item) => this.#take(at, item));
    } else if (kind === "next") {
      const items = channel.items(caller);
      this.#note(items.next(), ({ value }) => this.#take(at, value));
      if (index % 5 === 0) this.#note(items.return!(), () => {});
    } else {
      const item = this.#next++;
      this.selected.add(item);
      const cases = [
        channel.onReceive((taken) => {
          this.selected.add(taken); // it is noted later than others
          this.#take(at, taken);
          return "received";
        }),
        other.onSend(item, () => "sent"),
        ...(index % 4 === 0 ? [elapsed(index, () => "late")] : []),
      ];
      const end = (how?: string): void => void (how === "sent" ? this.accepted : this.rejected).add(item);
      this.#note(select(caller, cases), end, () => {
        end();
      });
    }
  }

  #note<T>(promise: Promise<T>, onValue: (value: T) => void, onError: () => void = () => {}): void {
    this.#pending.add(promise.then(onValue, onError));
  }
}

/** An observer sees that the receiver's wait has ended, and cancels the scope of the sender, which is a `select`. */
const cancelledInTheMiddle: [Program, Action[]] = [
  {
    seed: 0,
    buffer: { capacity: 0, overflow: "wait" },
    steps: [[0, [[{ kind: "select", index: 8, delay: Infinity }]]]],
  },
  [
    { kind: "cancel", index: 0, delay: Infinity },
    { kind: "tryReceive", index: 0, delay: Infinity },
    { kind: "next", index: 7, delay: Infinity },
  ],
];

describe("a channel", () => {
  it("loses, doubles and reorders nothing in random programs (Q2, Q3, Q4, Q8, Q9, Q10)", async () => {
    await fc.assert(
      fc.asyncProperty(program, async (one) => {
        await new Run(one).run(one);
      }),
      { numRuns: RUNS },
    );
  });

  it("nor where an observer sends, receives, cancels and closes in the middle of any of these (Q2, Q3, N2)", async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.array(action, { maxLength: 12 }), async (one, inner) => {
        await new Run(one).run(one, inner);
      }),
      { numRuns: RUNS, examples: [cancelledInTheMiddle] },
    );
  });
});
