/** Random programs of a broadcast: every subscriber gets exactly what its buffer allows, in order. */
import { observe } from "@selvage/scope/lowlevel";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Broadcast, CancelScope, LaggedError, type Overflow, type Subscription } from "../src/index.js";

/** How many random programs run. */
const RUNS = Number(process.env["RUNS"] ?? 300);

const kinds = fc.constantFrom(
  "send",
  "send",
  "send",
  "subscribe",
  "receive",
  "receive",
  "cancel send",
  "leave",
  "close",
);
const action = fc.record({ kind: kinds, index: fc.nat(9), delay: fc.option(fc.nat(12), { nil: Infinity, freq: 2 }) });
const subscribing = fc.record({
  capacity: fc.integer({ min: 0, max: 3 }),
  overflow: fc.constantFrom<Overflow>("wait", "error", "drop-oldest", "drop-newest"),
});
const program = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  subscribing: fc.array(subscribing, { minLength: 1, maxLength: 4 }),
  steps: fc.array(fc.tuple(fc.nat(5), fc.array(action, { maxLength: 5 })), { maxLength: 14 }),
  inner: fc.array(action, { maxLength: 6 }),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;
type Action = Program["inner"][number];

/** What a subscription has seen. */
interface Seen {
  readonly subscription: Subscription<number>;
  readonly scope: CancelScope;
  readonly overflow: Overflow;
  readonly received: number[];
  readonly undelivered: number[];
  missed: number;
  /** The number of the next item when it began. */
  readonly from: number;
}

class Run {
  readonly #program: Program;
  readonly #clock: VirtualClock;
  readonly #broadcast = new Broadcast<number>();
  readonly #subscriptions: Seen[] = [];
  readonly #senders: CancelScope[] = [];
  readonly #pending: Promise<unknown>[] = [];
  readonly #accepted: number[] = [];
  readonly #rejected = new Set<number>();
  #next = 0;
  #isClosed = false;

  constructor(one: Program) {
    this.#program = one;
    this.#clock = new VirtualClock({ seed: one.seed });
  }

  async run(): Promise<void> {
    const { steps, inner } = this.#program;
    const left = [...inner];
    using _watching = observe({
      waiting: () => {
        const one = left.pop();
        if (one !== undefined) this.#act(one);
      },
    });
    for (const [gap, actions] of steps) {
      this.#clock.setTimer(() => {
        for (const one of actions) this.#act(one);
      }, gap);
      await this.#clock.advance(gap);
    }
    for (const scope of this.#senders) scope.cancel();
    this.#broadcast.close();
    for (const seen of this.#subscriptions) await this.#drain(seen);
    await Promise.all(this.#pending);
    for (const seen of this.#subscriptions) this.#check(seen);
    expect([this.#broadcast.size, this.#clock.pending]).toEqual([0, 0]);
  }

  async #drain(seen: Seen): Promise<void> {
    for (;;) {
      await this.#clock.advance(20);
      try {
        const item = seen.subscription.tryReceive();
        if (item === undefined) return;
        seen.received.push(item.value);
      } catch (error) {
        seen.missed += (error as LaggedError).missed;
      }
    }
  }

  #act({ kind, index, delay }: Action): void {
    const seen = this.#subscriptions[index % Math.max(1, this.#subscriptions.length)];
    if (kind === "send") this.#send(delay);
    else if (kind === "subscribe") this.#subscribe(index);
    else if (kind === "receive" && seen !== undefined) this.#receive(seen, delay);
    else if (kind === "cancel send") this.#senders[index % Math.max(1, this.#senders.length)]?.cancel();
    else if (kind === "leave") seen?.scope.cancel();
    else if (kind === "close" && index === 0) {
      this.#isClosed = true;
      this.#broadcast.close();
    }
  }

  #send(delay: number): void {
    const scope = new CancelScope({ clock: this.#clock, deadline: this.#clock.now() + delay });
    this.#senders.push(scope);
    const item = this.#next++;
    this.#pending.push(
      this.#broadcast.send(scope, item).then(
        () => this.#accepted.push(item),
        () => this.#rejected.add(item),
      ),
    );
  }

  #subscribe(index: number): void {
    if (this.#isClosed) return;
    const { subscribing: all } = this.#program;
    const options = all[index % all.length]!;
    const isDrop = options.overflow.startsWith("drop");
    const undelivered: number[] = [];
    const scope = new CancelScope({ clock: this.#clock });
    const subscription = this.#broadcast.subscribe(scope, {
      overflow: options.overflow,
      capacity: isDrop ? Math.max(1, options.capacity) : options.capacity,
      undelivered: (item) => undelivered.push(item),
    });
    const { overflow } = options;
    this.#subscriptions.push({ subscription, scope, overflow, received: [], undelivered, missed: 0, from: this.#next });
  }

  #receive(seen: Seen, delay: number): void {
    const scope = new CancelScope({ clock: this.#clock, deadline: this.#clock.now() + delay });
    this.#senders.push(scope);
    this.#pending.push(
      seen.subscription.receive(scope).then(
        (item) => seen.received.push(item),
        (error: unknown) => {
          if (error instanceof LaggedError) seen.missed += error.missed;
        },
      ),
    );
  }

  #check({ received, undelivered, overflow, missed, from, scope }: Seen): void {
    const all = [...received, ...undelivered];
    expect(new Set(all).size).toBe(all.length); // each at most once
    for (const item of all) expect(this.#rejected.has(item)).toBe(false);
    // A subscriber that has not left has each item that was sent after it began.
    if (!scope.cancelled) for (const item of this.#accepted) if (item >= from) expect(all).toContain(item);
    if (overflow === "wait" && !scope.cancelled) expect(undelivered).toEqual([]);
    if (overflow === "error" && !scope.cancelled) expect(missed).toBe(undelivered.length);
  }
}

it("a broadcast loses and doubles nothing that a buffer has room for, in random programs with observers (Q2, Q8, Q11)", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (one) => {
      await new Run(one).run();
    }),
    { numRuns: RUNS },
  );
});
