import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClosedError, type ShutdownReport, Supervisor } from "../src/index.js";
import { type Answer, Model, type Outcome } from "./shutdown-model.js";
import { type Plan, plan, type PlannedTask } from "./shutdown-plan.js";

async function perform({ tasks, calls, requesters, drain }: Plan): Promise<Outcome> {
  const clock = new VirtualClock();
  const outside = new CancelScope({ clock });
  const parent = new CancelScope({ clock });
  const supervisor = new Supervisor({ parent, onError: () => {}, ...(drain && { drain }) });
  const cancelled: Record<string, number> = {};
  let scopeCancelled: number | undefined;
  supervisor.scope.onCancel(() => (scopeCancelled = clock.now()));
  const answers: Answer[] = [];
  const add = (name: string, { stage, grace }: PlannedTask | Plan["requesters"][number], fn: TaskBody): void => {
    const { scope } = supervisor.createTask(fn, { name, stage, grace });
    scope.onCancel(() => (cancelled[name] = clock.now()));
  };
  for (const [index, task] of tasks.entries()) add(`task ${index}`, task, (scope) => run(task, scope, outside));
  for (const [index, requester] of requesters.entries()) {
    add(`requester ${index}`, requester, async (scope) => {
      await outside.sleep(requester.call.at);
      const report = await supervisor.shutdown({ ...requester.call, requestedBy: scope });
      answers[index] = { at: clock.now(), report };
      await outside.sleep(requester.goesOnFor);
    });
  }
  const reports = calls.map(async (call): Promise<ShutdownReport> => {
    await outside.sleep(call.at);
    const report = supervisor.shutdown(call);
    expect(() => supervisor.createTask(() => {})).toThrow(ClosedError);
    return report;
  });
  if (drain !== undefined) void outside.sleep(drain.at).then(() => parent.cancel());
  await clock.runAll();
  outside.close();
  const [report, ...others] = await Promise.all(reports);
  for (const other of others) expect(other).toEqual(report);
  await supervisor.join();
  parent.close();
  expect([supervisor.size, clock.pending]).toEqual([0, 0]);
  return { report: report!, cancelled, scopeCancelled, answers };
}

type TaskBody = (scope: CancelScope) => Promise<void>;

async function run(
  { ends, fails, cleanup, cleanupEnds }: PlannedTask,
  scope: CancelScope,
  outside: CancelScope,
): Promise<void> {
  try {
    await (cleanup === undefined ? outside : scope).sleep(ends);
  } catch {
    if (cleanup === undefined) return; // the outer scope is closed: the plan is over
    await outside.sleep(cleanup);
    if (cleanupEnds === "by throwing on") scope.throwIfCancelled();
    if (cleanupEnds === "by failing") throw new Error("cleanup");
    return;
  }
  if (fails) throw new Error("failed");
}

describe("supervisor.shutdown", () => {
  it("shutdown does what the model does, for any tasks, stages, graces, requesters, calls and drain (V4, V5, V6, V11)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        expect(await perform(planned)).toEqual(new Model(planned).run());
      }),
      { numRuns: 500 },
    );
  });
});
