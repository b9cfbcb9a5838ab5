import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveOnAt, type Timeout, timeoutAt, TimeoutError } from "../src/index.js";
import { BusyClock } from "./busy-clock.js";

/*
 * Timeouts in timeouts, outermost first, under random deadlines of which many are equal. The innermost body waits until
 * `needs` and takes `cleanup` to unwind. The model: each level is cancelled by the earliest of its own deadline and
 * those around it, and of equal ones by the outermost (S9). The body is cancelled by the earliest of all, whose owner
 * converts (O4).
 */
const plan = fc.record({
  levels: fc.array(
    fc.record({
      deadline: fc.oneof(fc.integer({ min: -2, max: 6 }), fc.constant(null)),
      movesOn: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  needs: fc.integer({ min: 0, max: 8 }).map((time) => time + 0.5),
  cleanup: fc.integer({ min: 0, max: 4 }).map((time) => time + 0.25),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

interface Outcome {
  /** The body's value, `undefined` if a level moved on, or the name of the level that timed out. */
  readonly result: string | undefined;
  readonly expired: boolean[];
}

function reckon({ levels, needs, cleanup }: Plan, isBusy: boolean): Outcome {
  const deadlines = levels.map(({ deadline }) => deadline ?? Infinity);
  // A deadline that is past at the start is due at once, the outermost first, because that is created first.
  const due = deadlines.map((deadline) => Math.max(0, deadline));
  const first = Math.min(...due);
  const isCut = first <= needs;
  const end = isBusy ? needs : isCut ? first + cleanup : needs;
  const expired = deadlines.map((deadline, index) => {
    const around = due.slice(0, index + 1);
    const canceller = around.indexOf(Math.min(...around));
    return due[canceller]! <= end && deadline <= deadlines[canceller]!;
  });
  const owner = due.indexOf(first);
  if (!isCut) return { result: "value", expired };
  return { result: levels[owner]!.movesOn ? undefined : `level ${owner}`, expired };
}

async function perform(
  { levels }: Plan,
  clock: VirtualClock | BusyClock,
  body: (scope: CancelScope) => Promise<string>,
): Promise<Outcome> {
  const handles: Timeout[] = [];
  using root = new CancelScope({ clock });
  const level = async (index: number, parent: CancelScope): Promise<string | undefined> => {
    const { deadline, movesOn } = levels[index]!;
    // A level that moves on ends those around it as well: they have nothing else to do.
    const run = movesOn ? moveOnAt : timeoutAt;
    return await run(
      deadline,
      (own) => {
        handles.push(own);
        return index + 1 < levels.length ? level(index + 1, own.scope) : body(own.scope);
      },
      { parent, name: `level ${index}` },
    );
  };
  const result = await level(0, root).catch((error: unknown) => {
    expect(error).toBeInstanceOf(TimeoutError);
    return /"(level \d)"/.exec((error as Error).message)?.[1];
  });
  return { result, expired: handles.map((handle) => handle.expired) };
}

describe("nested timeouts", () => {
  it("nested timeouts are converted by the computed level, and know which have expired (O3, O4)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        const clock = new VirtualClock({ autojump: true });
        const body = async (scope: CancelScope): Promise<string> => {
          await scope.sleep(planned.needs).finally(async () => {
            if (!scope.cancelled) return;
            using cleanup = new CancelScope({ clock });
            await cleanup.sleep(planned.cleanup);
          });
          return "value";
        };
        expect(await perform(planned, clock, body)).toEqual(reckon(planned, false));
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it("nested timeouts behave the same for a body that computes throughout and checks once at the end (S9, O3, O4)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        const clock = new BusyClock();
        const body = async (scope: CancelScope): Promise<string> => {
          clock.time = planned.needs;
          scope.throwIfCancelled();
          return "value";
        };
        expect(await perform(planned, clock, body)).toEqual(reckon(planned, true));
        expect(clock.armed.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
