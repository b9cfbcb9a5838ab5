/** What observers see of a supervisor: failures, restarts and the phases of a shutdown (N2). */
import { CancelScope } from "@selvage/scope";
import { factsOf, observe, type Observer, parentOf } from "@selvage/scope/lowlevel";
import { settled, VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it } from "vitest";
import { RestartLimitError, Supervisor, type SupervisorOptions } from "../src/index.js";
import { always, failing, makeSupervisor, policy, slowly } from "./restarts.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

let registered: Disposable[] = [];
afterEach(() => {
  for (const each of registered) each[Symbol.dispose]();
  registered = [];
});

function watch(observer: Observer): Disposable {
  const registration = observe(observer);
  registered.push(registration);
  return registration;
}

/** Records the events as text, a line each. */
function log(): string[] {
  const events: string[] = [];
  watch({
    opened: (scope) => events.push(`open ${scope.name}`),
    started: (scope) => events.push(`start ${scope.name}`),
    cancelled: (scope) => events.push(`cancel ${scope.name}`),
    failed: (scope, error, { attempt, restartsIn }) =>
      events.push(`${scope.name} failed: ${String(error)}, attempt ${attempt}, restarts in ${restartsIn}`),
    shutdown: (scope, { phase, stage }) =>
      events.push(`${scope.name} ${phase}${stage === undefined ? "" : ` ${stage}`}`),
    closed: (scope, { status, error }) =>
      events.push(`close ${scope.name}: ${status}${error === undefined ? "" : ` ${String(error)}`}`),
  });
  return events;
}

function quiet(options: SupervisorOptions = {}): Supervisor {
  return new Supervisor({ name: "jobs", onError: () => {}, ...options });
}

describe("failed", () => {
  it("is called for the failure of a task, before onError, with the same arguments (N2, V2)", async () => {
    const calls: unknown[][] = [];
    const supervisor = quiet({ onError: (error, task, info) => void calls.push(["onError", task.scope, error, info]) });
    watch({ failed: (...args) => calls.push(["failed", ...args]) });
    const error = new Error("no");
    const task = supervisor.createTask(() => Promise.reject(error));
    await supervisor.join();
    const rest = [task.scope, error, { attempt: 1, restartsIn: undefined }];
    expect(calls).toEqual([
      ["failed", ...rest],
      ["onError", ...rest],
    ]);
  });

  it("is called for each failed run, with its number and the delay before the next one (N2, V9)", async () => {
    const calls: unknown[] = [];
    const { supervisor } = makeSupervisor();
    watch({ failed: (scope, error, run) => calls.push([scope.name, String(error), run.attempt, run.restartsIn]) });
    supervisor.createTask(failing(2), { ...slowly, name: "job" });
    await supervisor.join();
    expect(calls).toEqual([
      ["job", "Error: run 1", 1, 100],
      ["job", "Error: run 2", 2, 200],
    ]);
  });

  it("is called as onError is if the limit of restarts is reached (N2, V9)", async () => {
    const errors: unknown[] = [];
    const { supervisor, reported } = makeSupervisor();
    watch({ failed: (_, error) => errors.push(error) });
    supervisor.createTask(failing(9), { restart: policy({ maxRestarts: 1 }) });
    await supervisor.join();
    expect(errors).toEqual(reported);
    expect(errors.at(-1)).toBeInstanceOf(RestartLimitError);
  });

  it("is not called for cancelled tasks, nor for a failure that the caller of start has (N2, T10)", async () => {
    const events = log();
    const supervisor = quiet();
    supervisor.createTask((scope) => scope.sleep(60_000)).cancel();
    await expect(supervisor.start(() => Promise.reject(new Error("no")), { name: "start" })).rejects.toThrow("no");
    await supervisor.join();
    expect(events.filter((event) => event.includes("failed"))).toEqual([]);
    expect(events).toContain("close start: rejected Error: no");
  });

  it("comes once the task is closed if it is not restarted, as it comes with onError (N2, K4)", async () => {
    const events = log();
    const supervisor = quiet();
    supervisor.createTask(() => Promise.reject(new Error("no")), { name: "job" });
    await supervisor.join();
    expect(events).toEqual([
      "open jobs",
      "open job",
      "start job",
      "close job: rejected Error: no",
      "job failed: Error: no, attempt 1, restarts in undefined",
      "close jobs: fulfilled",
    ]);
  });

  it("may throw, shut the supervisor down, or cancel the task that would restart", async () => {
    const hostile = new Error("hostile");
    watch({
      failed() {
        throw hostile;
      },
    });
    const cancelling = watch({
      failed(scope) {
        scope.cancel();
      },
    });
    const { supervisor } = makeSupervisor();
    let task = supervisor.createTask(failing(1), slowly);
    expect(await uncaughtDuring(() => supervisor.join())).toEqual([hostile]);
    expect([task.status, task.attempt]).toEqual(["cancelled", 1]);
    cancelling[Symbol.dispose]();
    const other = makeSupervisor().supervisor;
    watch({ failed: () => void other.shutdown() });
    task = other.createTask(failing(1), slowly);
    await uncaughtDuring(() => other.join());
    expect([task.status, task.attempt]).toEqual(["cancelled", 1]);
  });
});

describe("restarted", () => {
  it("is called before each further run, also after a run that returned, with the number of the run (N2, V9)", async () => {
    const events: string[] = [];
    watch({
      opened: (scope) => events.push(`open ${scope.name}`),
      failed: (scope) => events.push(`${scope.name} failed`),
      restarted: (scope, { attempt }) => events.push(`${scope.name} again: ${attempt}`),
    });
    const { supervisor } = makeSupervisor();
    let runs = 0;
    const fn = async (): Promise<void> => {
      if (++runs === 1) throw new Error("no");
      if (runs === 3) void supervisor.shutdown();
    };
    supervisor.createTask(fn, { ...always, name: "job" });
    await supervisor.join();
    expect(events.slice(1)).toEqual([
      "open job",
      "open run",
      "job failed",
      "job again: 2",
      "open run",
      "job again: 3",
      "open run",
    ]);
  });

  it("may throw or cancel the task, whose run is then cancelled from the start (N2)", async () => {
    const hostile = new Error("hostile");
    watch({
      restarted(scope) {
        scope.cancel("by the observer");
        throw hostile;
      },
    });
    const { supervisor } = makeSupervisor();
    const task = supervisor.createTask(failing(3), slowly);
    expect(await uncaughtDuring(() => supervisor.join())).toEqual([hostile]);
    expect([task.attempt, task.done]).toEqual([2, true]);
  });
});

describe("a restarted task", () => {
  it("has a scope for each run, which is opened, started and closed below the scope of the task (N2, V9)", async () => {
    const { supervisor } = makeSupervisor({ name: "jobs" });
    const events = log();
    const parents = new Set<unknown>();
    const statuses: string[] = [];
    watch({
      started: (scope) => scope.name === "run" && parents.add(parentOf(scope)),
      failed: (scope) => statuses.push(factsOf(scope).status),
    });
    const task = supervisor.createTask(failing(1), { restart: policy(), name: "job" });
    await supervisor.join();
    expect(events).toEqual([
      "open job",
      "start job",
      "open run",
      "start run",
      "close run: rejected Error: run 1",
      "job failed: Error: run 1, attempt 1, restarts in 0",
      "open run",
      "start run",
      "close run: fulfilled",
      "close job: fulfilled",
      "close jobs: fulfilled",
    ]);
    expect([...parents]).toEqual([task.scope]);
    expect(statuses).toEqual(["running"]);
  });

  it("is opened and closed once, however often it runs (N2, V9)", async () => {
    const { supervisor } = makeSupervisor();
    const events = log();
    supervisor.createTask(failing(0), { ...always, name: "job" });
    await supervisor.join();
    expect(events.filter((event) => /^(open|close|start) job/.test(event))).toEqual([
      "open job",
      "start job",
      expect.stringMatching("close job: rejected RestartLimitError") as string,
    ]);
    expect(events.filter((event) => event === "start run")).toHaveLength(4);
  });
});

describe("shutdown", () => {
  it("is called for each phase, and for each stage that has tasks (N2, V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = quiet({ clock });
    const events = log();
    for (const [name, stage] of [
      ["poller", 0],
      ["server", 2],
    ] as const) {
      supervisor.createTask((scope) => scope.sleep(60_000), { name, stage });
    }
    events.length = 0;
    await supervisor.shutdown({ grace: 10 });
    expect(events).toEqual([
      "jobs begun",
      "jobs stage 0",
      "cancel poller",
      "close poller: cancelled",
      "jobs stage 2",
      "cancel server",
      "jobs cancelled",
      "cancel jobs",
      "close server: cancelled",
      "jobs over",
      "close jobs: cancelled",
    ]);
  });

  it("is called for a supervisor without tasks (N2, V4)", async () => {
    const supervisor = quiet();
    const events = log();
    await supervisor.shutdown();
    await supervisor.shutdown();
    expect(events).toEqual(["jobs begun", "jobs cancelled", "cancel jobs", "jobs over", "close jobs: cancelled"]);
  });

  it("is called before the listeners of onShutdown, and once for several calls (N2, V4)", async () => {
    const supervisor = quiet();
    const events = log();
    supervisor.onShutdown(() => {
      events.push("listener");
      void supervisor.shutdown();
    });
    await Promise.all([supervisor.shutdown(), supervisor.shutdown()]);
    expect(events.slice(0, 2)).toEqual(["jobs begun", "listener"]);
    expect(events.filter((event) => event.startsWith("jobs"))).toEqual(["jobs begun", "jobs cancelled", "jobs over"]);
  });

  it("is called for a drain, with the cancellation of the parent (N2, V11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ name: "main", clock });
    const supervisor = quiet({ parent, drain: { grace: 5 } });
    supervisor.createTask((scope) => scope.sleep(60_000), { name: "job" });
    const events = log();
    parent.cancel("SIGTERM");
    await supervisor.join();
    expect(events).toEqual([
      "cancel main",
      "jobs begun",
      "jobs stage 0",
      "cancel job",
      "jobs cancelled",
      "cancel jobs",
      "close job: cancelled",
      "jobs over",
      "close jobs: cancelled",
    ]);
  });

  it("a task that the timeout abandons is closed when it ends, after its supervisor, and has no parent (N2, V4)", async () => {
    const clock = new VirtualClock();
    const supervisor = quiet({ clock });
    let end: (() => void) | undefined;
    supervisor.createTask(() => new Promise<void>((resolve) => (end = resolve)), { name: "deaf" });
    const events = log();
    const parents: unknown[] = [];
    watch({ closed: (scope) => parents.push(parentOf(scope)) });
    const report = supervisor.shutdown({ timeout: 10 });
    await clock.advance(10);
    expect((await report).abandoned).toEqual(["deaf"]);
    end!();
    await settled();
    expect(events).toEqual([
      "jobs begun",
      "jobs stage 0",
      "cancel deaf",
      "jobs cancelled",
      "cancel jobs",
      "jobs over",
      "close jobs: cancelled",
      "close deaf: fulfilled",
    ]);
    expect(parents).toEqual([undefined, undefined]);
  });

  it("may shut down again in every phase, end the grace or the timeout, cancel and throw: each phase comes once (N2)", async () => {
    for (const options of [{ grace: 0 }, { timeout: 0 }, { grace: 5, timeout: 7 }]) {
      for (const phase of ["begun", "stage", "cancelled", "over"]) {
        const clock = new VirtualClock({ autojump: true });
        const supervisor = quiet({ clock });
        const phases: string[] = [];
        const hostile = watch({
          shutdown(scope, step) {
            phases.push(step.phase);
            if (step.phase !== phase) return;
            void supervisor.shutdown(options);
            scope.cancel("by hand");
            for (const task of supervisor.tasks) task.cancel();
          },
        });
        for (const stage of [0, 1]) supervisor.createTask((scope) => scope.sleep(60_000), { stage });
        await supervisor.shutdown({ grace: 100 });
        await supervisor.join();
        hostile[Symbol.dispose]();
        expect(phases.filter((each) => each !== "stage")).toEqual(["begun", "cancelled", "over"]);
        expect(supervisor.size).toBe(0);
      }
    }
  });

  it("an error that an observer throws is reported as uncaught, and the shutdown goes on (N2)", async () => {
    const error = new Error("hostile");
    watch({
      shutdown() {
        throw error;
      },
    });
    const supervisor = quiet();
    supervisor.createTask((scope) => scope.sleep(60_000));
    const caught = await uncaughtDuring(() => supervisor.shutdown());
    expect(caught).toEqual([error, error, error, error]);
  });
});

describe("closed", () => {
  it("is called with what run rejects with: the error of the body, a fatal one, or a group of both (N2, V7, V8)", async () => {
    const ends: unknown[] = [];
    watch({ closed: (scope, { error }) => scope.name === "jobs" && ends.push(error) });
    const outcome = (run: Promise<unknown>): Promise<unknown> => run.then(undefined, (error: unknown) => error);
    const options = { name: "jobs", onError: () => {}, isFatal: () => true };
    const own = new Error("own");
    const fatal = new Error("fatal");
    const outcomes = [
      await outcome(Supervisor.run(() => Promise.reject(own), options)),
      await outcome(Supervisor.run((jobs) => jobs.createTask(() => Promise.reject(fatal)).then(() => {}), options)),
      await outcome(
        Supervisor.run(async (jobs) => {
          await jobs.createTask(() => Promise.reject(fatal)).then(undefined, () => {});
          throw own;
        }, options),
      ),
      await outcome(Supervisor.run(() => "value", options)),
    ];
    expect(outcomes[0]).toBe(own);
    expect(outcomes[2]).toBeInstanceOf(AggregateError);
    expect(outcomes[3]).toBe("value");
    expect(ends).toEqual([...outcomes.slice(0, 3), undefined]);
    for (const index of [0, 1, 2]) expect(ends[index]).toBe(outcomes[index]);
  });

  it("is called with the fatal error if the shutdown closes the scope (N2, V8)", async () => {
    const supervisor = quiet({ isFatal: () => true });
    const ends: unknown[] = [];
    watch({ closed: (scope, end) => scope === supervisor.scope && ends.push(end) });
    const error = new Error("fatal");
    supervisor.createTask(() => Promise.reject(error));
    await expect(supervisor.join()).rejects.toBe(error);
    expect(ends).toEqual([{ status: "rejected", error }]);
  });
});
