import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, Flights, isCancellation } from "../src/index.js";

/** One caller: when it asks, for which key, and when it is cancelled, if ever. */
interface Call {
  readonly at: number;
  readonly key: number;
  readonly leaves: number;
}

/** What happened to one flight. */
interface Recorded {
  readonly key: number;
  readonly begun: number;
  ended: number;
  cancelledAt: number;
}

const calls = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 12 }),
    key: fc.integer({ min: 0, max: 1 }),
    leaves: fc.integer({ min: 0, max: 20 }),
  }),
  { minLength: 1, maxLength: 12 },
);

describe("random callers", () => {
  it("no flight is joined after its cancellation, none overlaps another of its key, and every caller gets its answer (F1, F2, F3, F4)", async () => {
    await fc.assert(
      fc.asyncProperty(
        calls,
        fc.record({
          takes: fc.integer({ min: 0, max: 6 }),
          cleanup: fc.integer({ min: 0, max: 4 }),
          linger: fc.constantFrom(0, 0, 3),
        }),
        fc.integer({ min: 0, max: 1_000 }),
        fc.boolean(),
        runOnce,
      ),
      { numRuns: Number(process.env["FLIGHT_RUNS"] ?? 400), seed: 7 },
    );
  });
});

async function runOnce(
  plan: readonly Call[],
  { takes, cleanup, linger }: { takes: number; cleanup: number; linger: number },
  seed: number,
  byDeadline: boolean,
): Promise<void> {
  const clock = new VirtualClock({ seed });
  const flown: Recorded[] = [];
  await clock.run(async (test) => {
    const flights = new Flights<number, Recorded>({
      parent: test,
      linger,
      onError: (error) => expect(error).toBeUndefined(),
    });
    const load = async (key: number, scope: CancelScope): Promise<Recorded> => {
      const flight: Recorded = { key, begun: clock.now(), ended: NaN, cancelledAt: Infinity };
      flown.push(flight);
      scope.onCancel(() => (flight.cancelledAt = clock.now()));
      try {
        await scope.sleep(takes);
        return flight;
      } catch (error) {
        using rest = new CancelScope({ clock });
        await rest.sleep(cleanup);
        throw error;
      } finally {
        flight.ended = clock.now();
      }
    };
    await Promise.all(
      plan.map(async ({ at, key, leaves }) => {
        using waiting = new CancelScope({ parent: test });
        await waiting.sleep(at);
        const leavesAt = clock.now() + leaves;
        const scope = new CancelScope({ clock, ...(byDeadline ? { deadline: leavesAt } : {}) });
        const timer = byDeadline
          ? undefined
          : clock.setTimer(() => {
              scope.cancel();
            }, leaves);
        const answer = await flights.get(scope, key, load).catch((error: unknown) => error);
        if (answer instanceof Error) {
          expect(isCancellation(answer, scope), String(answer)).toBe(true);
          expect(clock.now()).toBeGreaterThanOrEqual(leavesAt);
          if (linger > 0) expect(clock.now()).toBe(leavesAt);
        } else {
          const flight = answer as Recorded;
          // Its answer comes from a flight for its key that was not cancelled when it asked, and it did not wait longer than it could.
          expect([flight.key, flight.ended, clock.now() <= leavesAt]).toEqual([key, clock.now(), true]);
          expect(flight.cancelledAt).toBe(Infinity);
        }
        clock.clearTimer(timer);
        if (!scope.cancelled) scope.close();
      }),
    );
    expect(flights.size).toBe(linger > 0 ? flights.size : 0);
    await flights[Symbol.asyncDispose]();
  });
  for (const [index, flight] of flown.entries()) {
    const next = flown.slice(index + 1).find(({ key }) => key === flight.key);
    if (next !== undefined) expect(next.begun).toBeGreaterThanOrEqual(flight.ended);
  }
  expect(clock.pending).toBe(0);
}
