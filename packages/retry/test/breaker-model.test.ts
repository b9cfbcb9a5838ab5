import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Breaker, type BreakerTrigger, CancelScope, CircuitOpenError } from "../src/index.js";

/*
 * Random programs of calls that begin, succeed, fail, are cancelled and end late, and of time that passes, against a model. The model keeps the whole
 * history, and decides from it.
 */
type Step =
  | { readonly kind: "begin" }
  | { readonly kind: "end"; readonly which: number; readonly how: "success" | "failure" | "cancel" }
  | { readonly kind: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "begin" as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      which: fc.nat({ max: 20 }),
      how: fc.constantFrom("success" as const, "failure" as const, "failure" as const, "cancel" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 60 }) }) },
);

const trigger: fc.Arbitrary<BreakerTrigger> = fc.oneof(
  fc.record({ failures: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    rate: fc.constantFrom(0, 0.25, 0.5),
    window: fc.constantFrom(50, 100),
    minimum: fc.integer({ min: 1, max: 4 }),
  }),
);

/** What the rule says, from the history of the present period alone. */
class Model {
  state = "closed";
  period = 0;
  openedAt = 0;
  admitted = 0;
  returned = 0;
  ended: { readonly time: number; readonly failed: boolean }[] = [];
  readonly trigger: BreakerTrigger;
  readonly probes: number;
  readonly resetAfter: number;

  constructor(trigger: BreakerTrigger, probes: number, resetAfter: number) {
    this.trigger = trigger;
    this.probes = probes;
    this.resetAfter = resetAfter;
  }

  #enter(state: string, now: number): void {
    this.state = state;
    this.period++;
    this.openedAt = now;
    this.admitted = this.returned = 0;
    this.ended = [];
  }

  look(now: number): void {
    if (this.state === "open" && now >= this.openedAt + this.resetAfter) this.#enter("half-open", now);
  }

  /** Whether a call may begin. */
  begins(now: number): boolean {
    this.look(now);
    if (this.state === "open") return false;
    if (this.state === "half-open" && this.admitted - this.returned >= this.probes) return false;
    this.admitted++;
    return true;
  }

  ends(period: number, how: "success" | "failure" | "cancel", now: number): void {
    if (period !== this.period) return;
    if (how === "cancel") {
      this.returned++;
      return;
    }
    const failed = how === "failure";
    this.ended.push({ time: now, failed });
    if (this.state === "half-open") {
      if (failed) this.#enter("open", now);
      else if (this.ended.length === this.probes) this.#enter("closed", now);
    } else if (failed && this.#isReached(now)) this.#enter("open", now);
  }

  #isReached(now: number): boolean {
    const { trigger } = this;
    if ("failures" in trigger) {
      const last = this.ended.slice(-trigger.failures);
      return last.length === trigger.failures && last.every(({ failed }) => failed);
    }
    const part = trigger.window / 10;
    const inWindow = this.ended.filter(({ time }) => Math.floor(time / part) > Math.floor(now / part) - 10);
    const failures = inWindow.filter(({ failed }) => failed).length;
    return inWindow.length >= trigger.minimum && failures / inWindow.length > trigger.rate;
  }
}

interface Call {
  readonly parent: CancelScope;
  readonly period: number;
  readonly result: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

describe("random programs on a Breaker", () => {
  it("a breaker is in the state of the model after every step, and admits the same calls (B10)", async () => {
    const program = fc.array(step, { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(trigger, fc.integer({ min: 1, max: 3 }), program, async (trigger, probes, steps) => {
        const clock = new VirtualClock();
        const resetAfter = 100;
        const changes: string[] = [];
        const breaker = new Breaker(trigger, {
          resetAfter,
          probes,
          clock,
          onStateChange: (state) => changes.push(state),
        });
        const model = new Model(trigger, probes, resetAfter);
        const calls: Call[] = [];
        const down = new Error("down");
        for (const step of steps) {
          if (step.kind === "pass") {
            await clock.advance(step.ms);
          } else if (step.kind === "begin") {
            const parent = new CancelScope({ clock });
            let ends: Pick<Call, "resolve" | "reject"> | undefined;
            const result = breaker
              .run(
                parent,
                (scope) =>
                  new Promise((resolve, reject) => {
                    ends = { resolve, reject };
                    scope.onCancel(reject);
                  }),
              )
              .catch((error: unknown) => error);
            expect(ends !== undefined).toBe(model.begins(clock.now()));
            if (ends === undefined) expect(await result).toBeInstanceOf(CircuitOpenError);
            else calls.push({ parent, period: model.period, result, ...ends });
          } else if (calls.length > 0) {
            const [call] = calls.splice(step.which % calls.length, 1) as [Call];
            if (step.how === "cancel") call.parent.cancel();
            else if (step.how === "success") call.resolve("fine");
            else call.reject(down);
            const outcome = await call.result;
            expect(outcome).toBe(step.how === "success" ? "fine" : step.how === "failure" ? down : call.parent.reason);
            model.ends(call.period, step.how, clock.now());
            call.parent.close();
          }
          model.look(clock.now());
          expect(breaker.state).toBe(model.state);
        }
        expect(changes.length).toBe(model.period);
        for (const { parent } of calls) parent.cancel();
        await Promise.all(calls.map(({ result }) => result));
      }),
      { numRuns: 1_000 },
    );
  });
});
