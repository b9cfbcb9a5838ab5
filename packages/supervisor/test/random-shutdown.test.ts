import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClosedError, type ShutdownReport, Supervisor } from "../src/index.js";

/*
 * Random tasks under random calls of shutdown, against a model that reckons what must come of them. So that nothing falls on
 * one moment, whose order the model would have to know, times are told apart by their remainder of 100: tasks end by themselves
 * at …00, calls come at …01, a grace is …10 long, a timeout …20, a cleanup …40, and a requester goes on for …05.
 */
const hundreds = fc.integer({ min: 0, max: 6 }).map((number) => number * 100);
const plus = (remainder: number): fc.Arbitrary<number> => hundreds.map((number) => number + remainder);

const plannedTask = fc.record({
  /** When it ends by itself. */
  ends: fc.oneof(plus(100), fc.constant(Infinity)),
  fails: fc.boolean(),
  /** How long it takes to end once cancelled; `undefined` for a task that does not look. */
  cleanup: fc.option(plus(40), { nil: undefined }),
  cleanupEnds: fc.constantFrom("by throwing on", "by failing", "by returning"),
});
const plannedCall = fc.record({
  at: plus(1),
  grace: fc.option(plus(10), { nil: undefined }),
  timeout: fc.option(plus(20), { nil: undefined }),
});
const plannedRequester = fc.record({ call: plannedCall, goesOnFor: plus(5) });
const plan = fc.record({
  tasks: fc.array(plannedTask, { maxLength: 6 }),
  // One of them has a time limit, so that all comes to an end.
  calls: fc.array(plannedCall, { maxLength: 3 }),
  lastCall: plannedCall.map((call) => ({ ...call, timeout: call.timeout ?? 720 })),
  requesters: fc.array(plannedRequester, { maxLength: 3 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;
type PlannedTask = Plan["tasks"][number];

interface Outcome {
  readonly report: ShutdownReport;
  readonly requestersTold: number[];
}

function reckon({ tasks, calls, lastCall, requesters }: Plan): Outcome {
  const allCalls = [...calls, lastCall, ...requesters.map(({ call }) => call)];
  const began = Math.min(...allCalls.map(({ at }) => at));
  const cancelled = Math.min(...allCalls.map(({ at, grace = 0 }) => at + grace));
  const limit = Math.min(...allCalls.map(({ at, timeout = Infinity }) => at + timeout));
  const counts = { completed: 0, failed: 0, cancelled: 0 };
  const abandoned: string[] = [];
  let lastEnd = began;
  const end = (at: number, how: keyof typeof counts, name: string): void => {
    if (at < began) return;
    if (at > limit) abandoned.push(name);
    else counts[how]++;
    lastEnd = Math.max(lastEnd, Math.min(at, limit));
  };
  tasks.forEach(({ ends, fails, cleanup, cleanupEnds }, index) => {
    const isCut = ends > cancelled && cleanup !== undefined;
    const how = isCut ? outcomes[cleanupEnds] : fails ? "failed" : "completed";
    end(isCut ? cancelled + cleanup : ends, how, `task ${index}`);
  });
  // Requesters wait for the tasks, and for those who have yet to become requesters.
  const othersEnded = Math.min(limit, Math.max(lastEnd, ...requesters.map(({ call }) => call.at)));
  const requestersTold = requesters.map(({ call, goesOnFor }, index) => {
    const told = Math.max(call.at, othersEnded);
    end(told + goesOnFor, "completed", `requester ${index}`);
    return told;
  });
  return { report: { ...counts, abandoned, elapsed: lastEnd - began }, requestersTold };
}

const outcomes = { "by throwing on": "cancelled", "by failing": "failed", "by returning": "completed" } as const;

async function perform({ tasks, calls, lastCall, requesters }: Plan): Promise<Outcome> {
  const clock = new VirtualClock();
  const outside = new CancelScope({ clock });
  const supervisor = new Supervisor({ clock, onError: () => {} });
  const reports: Promise<ShutdownReport>[] = [];
  const requestersTold: number[] = [];
  tasks.forEach((task, index) => {
    supervisor.createTask((scope) => run(task, scope, outside), { name: `task ${index}` });
  });
  requesters.forEach(({ call, goesOnFor }, index) => {
    const ask = async (scope: CancelScope): Promise<void> => {
      await outside.sleep(call.at);
      await supervisor.shutdown({ ...call, requestedBy: scope });
      requestersTold[index] = clock.now();
      await outside.sleep(goesOnFor);
    };
    supervisor.createTask(ask, { name: `requester ${index}` });
  });
  for (const call of [...calls, lastCall]) {
    reports.push(
      outside.sleep(call.at).then(() => {
        const report = supervisor.shutdown(call);
        expect(() => supervisor.createTask(() => {})).toThrow(ClosedError);
        return report;
      }),
    );
  }
  await clock.runAll();
  outside.close();
  const [report, ...others] = await Promise.all(reports);
  for (const other of others) expect(other).toEqual(report);
  await supervisor.join();
  expect([supervisor.size, clock.pending]).toEqual([0, 0]);
  return { report: report!, requestersTold };
}

async function run(
  { ends, fails, cleanup, cleanupEnds }: PlannedTask,
  scope: CancelScope,
  outside: CancelScope,
): Promise<void> {
  try {
    await (cleanup === undefined ? outside : scope).sleep(ends);
  } catch {
    if (cleanup === undefined) return; // the outside is closed: the plan is over
    await outside.sleep(cleanup);
    if (cleanupEnds === "by throwing on") scope.throwIfCancelled();
    if (cleanupEnds === "by failing") throw new Error("cleanup");
    return;
  }
  if (fails) throw new Error("failed");
}

describe("supervisor.shutdown", () => {
  it("does what is reckoned, whatever the tasks and whoever calls it how often (V4, V5, V6)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        expect(await perform(planned)).toEqual(reckon(planned));
      }),
      { numRuns: 500 },
    );
  });
});
