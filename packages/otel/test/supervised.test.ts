/** Restarts and shutdowns as spans. */
import { CancelScope } from "@selvage/scope";
import { type RestartPolicy, Supervisor } from "@selvage/supervisor";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { eventsOf, statusOf, traced } from "./telemetry.js";

const restart: RestartPolicy = {
  when: "on-failure",
  maxRestarts: 5,
  within: 60_000,
  backoff: { initial: 100, jitter: false },
};

/** A task function whose first runs fail. */
function failing(times: number): () => Promise<void> {
  let runs = 0;
  return async () => {
    if (++runs <= times) throw new Error(`run ${runs}`);
  };
}

describe("a restarted task", () => {
  it("has a span for each run, with its number and a link to the run before (N5)", async () => {
    const { tree, spans, span } = traced();
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, onError: () => {}, name: "pool" });
    supervisor.createTask(failing(2), { restart, name: "poll" });
    await supervisor.join();
    expect(tree()).toEqual(["pool", "  poll", "    poll run", "    poll run", "    poll run"]);
    const runs = spans().filter(({ name }) => name === "poll run");
    expect(runs.map(({ attributes }) => attributes["selvage.attempt"])).toEqual([1, 2, 3]);
    expect(runs.map(({ attributes }) => attributes["selvage.kind"])).toEqual(["run", "run", "run"]);
    expect(runs.map(statusOf)).toEqual(["ERROR: run 1", "ERROR: run 2", "UNSET"]);
    expect(runs[0]!.links).toEqual([]);
    for (const index of [1, 2]) {
      const [link, ...others] = runs[index]!.links;
      expect(others).toEqual([]);
      expect(link!.context.spanId).toBe(runs[index - 1]!.spanContext().spanId);
      expect(link!.attributes).toEqual({ "selvage.link": "previous run", "selvage.restarts_in_ms": 100 * index });
    }
    expect(span("poll").attributes["selvage.attempt"]).toBe(3);
    expect(statusOf(span("poll"))).toBe("UNSET");
    expect(eventsOf(span("poll"))).toEqual(["selvage.failed 1 100", "selvage.failed 2 200"]);
  });

  it("that is restarted after a run that did not fail has a link without a delay (N5)", async () => {
    const { spans } = traced();
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, onError: () => {} });
    let runs = 0;
    const fn = async (): Promise<void> => {
      if (++runs === 1) throw new Error("first");
    };
    supervisor.createTask(fn, { restart: { ...restart, when: "always", maxRestarts: 2 }, name: "poll" });
    await supervisor.join();
    const links = spans().flatMap((span) => span.links.map(({ attributes }) => attributes?.["selvage.restarts_in_ms"]));
    expect(links).toEqual([100, undefined]);
  });

  it("that is not restarted again fails, with the number of its last run (N5)", async () => {
    const { span } = traced();
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, onError: () => {}, name: "pool" });
    supervisor.createTask(failing(9), { restart: { ...restart, maxRestarts: 1 }, name: "poll" });
    await supervisor.join();
    expect(span("poll").attributes).toMatchObject({ "selvage.attempt": 2, "error.type": "RestartLimitError" });
    expect(statusOf(span("pool"))).toBe("UNSET"); // a supervisor does not fail with its tasks
  });

  it("that is cancelled while it waits has a span for each run that was made (N5)", async () => {
    const { spans } = traced();
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock, onError: () => {} });
    const task = supervisor.createTask(failing(9), { restart, name: "poll" });
    await settled();
    task.cancel("enough");
    await supervisor.join();
    expect(spans().map(({ name, attributes }) => `${name}: ${String(attributes["selvage.status"])}`)).toEqual([
      "poll: cancelled",
      "poll run: rejected",
    ]);
  });

  it("that a start function makes, too, has a span for each run (N5, T10)", async () => {
    const { tree } = traced();
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, onError: () => {} });
    let runs = 0;
    await supervisor.start(
      async (_, started) => {
        started();
        if (++runs === 1) throw new Error("first");
      },
      { restart },
    );
    await supervisor.join();
    expect(tree()).toEqual(["anonymous", "  anonymous run", "  anonymous run"]);
  });
});

describe("a shutdown", () => {
  it("has an event on the supervisor's span for each phase and stage (N5)", async () => {
    const { span } = traced();
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, name: "pool" });
    for (const stage of [0, 2]) {
      supervisor.createTask((scope: CancelScope) => scope.sleep(60_000), { stage, name: `stage ${stage}` });
    }
    await supervisor.shutdown({ grace: 5, reason: "SIGTERM" });
    expect(eventsOf(span("pool"))).toEqual([
      "selvage.shutdown begun",
      "selvage.shutdown stage 0",
      "selvage.shutdown stage 2",
      "selvage.shutdown cancelled",
      'selvage.cancelled Supervisor "pool" SIGTERM',
      "selvage.shutdown over",
    ]);
    expect(span("stage 2").attributes).toMatchObject({
      "selvage.cancelled.by": 'Supervisor "pool"',
      "selvage.cancelled.reason": "SIGTERM",
    });
  });

  it("that abandons a task ends the task's span when the task ends (N5, V4)", async () => {
    const { span, tree } = traced();
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock, name: "pool", onError: () => {} });
    let end: (() => void) | undefined;
    supervisor.createTask(() => new Promise<void>((resolve) => (end = resolve)), { name: "deaf" });
    const report = supervisor.shutdown({ timeout: 10 });
    await clock.advance(10);
    await report;
    expect(tree()).toEqual(["pool"]);
    end!();
    await settled();
    expect(tree()).toEqual(["pool", "  deaf"]);
    expect(span("deaf").attributes["selvage.cancelled.by"]).toBe('Supervisor "pool"');
  });
});
