/** Random programs, compared with the models after each step of time. */
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, type Permit, RateLimiter, Semaphore } from "../src/index.js";
import { type Outcome, RateLimiterModel, SemaphoreModel } from "./model.js";

/** How many random programs run. */
const RUNS = Number(process.env["RUNS"] ?? 500);

const index = fc.nat(20);
const delay = fc.option(fc.nat(30), { nil: Infinity, freq: 2 });
const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("wait"), n: fc.integer({ min: 1, max: 4 }), delay, index }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("release"), index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("cancel", "close"), index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("move"), index, delay }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("try"), n: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("permits"), n: fc.integer({ min: 1, max: 5 }) }) },
) as fc.Arbitrary<{ do: string; n?: number; index?: number; delay?: number }>;

/** Each step is a number of timers at one time, and each timer does a number of things. */
const program = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  size: fc.integer({ min: 1, max: 5 }),
  steps: fc.array(fc.tuple(fc.nat(12), fc.array(fc.array(action, { maxLength: 5 }), { maxLength: 3 })), {
    maxLength: 14,
  }),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;
type Action = Program["steps"][number][1][number][number];

/** One run of a program. */
abstract class Run<M extends SemaphoreModel | RateLimiterModel, V> {
  protected readonly clock: VirtualClock;
  protected readonly model: M;
  readonly #ends: [number, Outcome][] = [];
  readonly #scopes: CancelScope[] = [];
  /** What was granted and was not given back. */
  protected readonly held: { readonly n: number; readonly value: V }[] = [];

  constructor({ seed }: Program, model: M) {
    this.clock = new VirtualClock({ seed });
    this.model = model;
  }

  async run({ steps }: Program): Promise<void> {
    for (const [gap, timers] of steps) {
      const time = this.clock.now() + gap;
      for (const actions of timers) {
        this.clock.setTimer(() => {
          this.model.time = time;
          for (const one of actions) this.act(one);
        }, gap);
      }
      for (let now = this.clock.now(); now <= time; now++) {
        await this.clock.advanceTo(now);
        this.model.time = now;
        this.compare();
      }
    }
    for (const scope of this.#scopes) scope.cancel();
    for (let id = 0; id < this.#scopes.length; id++) this.model.leave(id, "cancelled");
    await this.clock.advance(0);
    this.compare();
    while (this.held.length > 0) this.release(0);
    expect([this.waiting, this.clock.pending]).toEqual([0, 0]);
    expect(this.#ends).toHaveLength(this.#scopes.length);
  }

  protected abstract readonly waiting: number;
  protected abstract wait(scope: CancelScope | AbortSignal, n: number): Promise<V>;
  protected abstract tryTake(n: number): V | undefined;
  protected abstract release(at: number): void;

  protected act({ do: what, n = 1, index: number = 0, delay: later = Infinity }: Action): void {
    const { clock, model } = this;
    const until = clock.now() + later;
    const id = number % Math.max(1, this.#scopes.length);
    const scope = this.#scopes[id];
    if (what === "wait") this.#wait(n, until, number % 3 === 0);
    else if (what === "release") this.release(number);
    else if (what === "cancel") {
      scope?.cancel();
      model.leave(id, "cancelled");
    } else if (what === "close") {
      scope?.close();
      model.leave(id, "closed");
    } else if (what === "move" && scope !== undefined && this.#isOpen(id)) {
      scope.deadline = until;
      model.move(id, until);
    } else if (what === "try") {
      const value = this.tryTake(n);
      expect(value !== undefined).toBe(model.tryTake(n));
      if (value !== undefined) this.held.push({ n, value });
    }
  }

  /** Compares what can be seen. */
  protected compare(): void {
    this.model.settle();
    const grants = (ends: readonly [number, Outcome][]) => ends.filter(([, outcome]) => outcome === "granted");
    expect(grants(this.#ends)).toEqual(grants(this.model.ends));
    expect([...this.#ends].sort(byId)).toEqual([...this.model.ends].sort(byId));
    expect(this.waiting).toBe(this.model.queue.length);
  }

  #wait(n: number, until: number, isSignal: boolean): void {
    const id = this.#scopes.length;
    const scope = new CancelScope({ clock: this.clock, deadline: until });
    this.#scopes.push(scope);
    const waits = this.wait(isSignal ? scope.signal : scope, n);
    this.model.wait(id, n, until);
    void waits.then(
      (value) => {
        this.#ends.push([id, "granted"]);
        this.held.push({ n, value });
      },
      (error: unknown) => this.#ends.push([id, outcomeOf(error, scope)]),
    );
  }

  #isOpen(id: number): boolean {
    return this.model.queue.some((one) => one.id === id);
  }
}

function byId([one]: [number, Outcome], [other]: [number, Outcome]): number {
  return one - other;
}

function outcomeOf(error: unknown, scope: CancelScope): Outcome {
  if (error instanceof ClosedError) return "closed";
  if (error instanceof RangeError) return "refused";
  if (error === scope.reason) return "cancelled";
  throw error;
}

class SemaphoreRun extends Run<SemaphoreModel, Permit> {
  readonly #semaphore: Semaphore;

  constructor(plan: Program) {
    super(plan, new SemaphoreModel(plan.size));
    this.#semaphore = new Semaphore(plan.size);
  }

  protected override get waiting(): number {
    return this.#semaphore.waiting;
  }

  protected override act(one: Action): void {
    const { model } = this;
    if (one.do === "permits") model.permits = this.#semaphore.permits = one.n!;
    else super.act(one.n === undefined ? one : { ...one, n: Math.min(one.n, model.permits) });
    expect(this.#semaphore.free).toBe(Math.max(0, model.permits - model.taken));
  }

  protected override compare(): void {
    super.compare();
    expect(this.#semaphore.free).toBe(Math.max(0, this.model.permits - this.model.taken));
    expect(this.held.reduce((sum, { n }) => sum + n, 0)).toBe(this.model.taken);
  }

  protected override wait(scope: CancelScope | AbortSignal, n: number): Promise<Permit> {
    return this.#semaphore.acquire(scope, n);
  }

  protected override tryTake(n: number): Permit | undefined {
    return this.#semaphore.tryAcquire(n);
  }

  protected override release(at: number): void {
    if (this.held.length === 0) return;
    const [{ n, value }] = this.held.splice(at % this.held.length, 1) as [{ n: number; value: Permit }];
    value.release();
    value.release();
    this.model.release(n);
  }
}

class RateLimiterRun extends Run<RateLimiterModel, true> {
  readonly #limiter: RateLimiter;
  readonly #burst: number;

  constructor(plan: Program, cost: number) {
    super(plan, new RateLimiterModel(cost, plan.size));
    this.#burst = plan.size;
    this.#limiter = new RateLimiter({ rate: 3, per: 3 * cost, burst: plan.size, clock: this.clock });
  }

  protected override get waiting(): number {
    return this.#limiter.waiting;
  }

  protected override act(one: Action): void {
    // Whether an alarm of the present time has fired is a matter of chance. After this call, its waiter is served in any case.
    super.act({ do: "try", n: 1 });
    super.act(one.n === undefined ? one : { ...one, n: Math.min(one.n, this.#burst) });
  }

  protected override wait(scope: CancelScope | AbortSignal, n: number): Promise<true> {
    return this.#limiter.take(scope, n).then(() => true);
  }

  protected override tryTake(n: number): true | undefined {
    return this.#limiter.tryTake(n) ? true : undefined;
  }

  protected override release(): void {
    this.held.pop(); // tokens are not given back
  }
}

describe("random programs", () => {
  it("on a semaphore do what the model does: nothing lost, doubled, starved or out of order (M2, M3, M4, M7)", async () => {
    await fc.assert(
      fc.asyncProperty(program, (plan) => new SemaphoreRun(plan).run(plan)),
      { numRuns: RUNS },
    );
  });

  it("on a rate limiter do what the model does, at the same times (M12)", async () => {
    await fc.assert(
      fc.asyncProperty(program, fc.integer({ min: 1, max: 9 }), (plan, cost) =>
        new RateLimiterRun(plan, cost).run(plan),
      ),
      { numRuns: RUNS },
    );
  });
});
