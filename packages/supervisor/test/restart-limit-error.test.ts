import { describe, expect, it } from "vitest";
import { RestartLimitError } from "../src/index.js";
import { always, failing, makeSupervisor, onFailure, policy } from "./restarts.js";

describe("RestartLimitError", () => {
  it("a RestartLimitError has its name on the prototype, and the given message and cause (V9)", () => {
    const cause = new Error("last");
    const error = new RestartLimitError("gave up", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "RestartLimitError", message: "gave up", cause });
    expect(String(error)).toBe("RestartLimitError: gave up");
    expect(Object.keys(error)).toEqual([]);
  });

  it("a RestartLimitError names the task and the limit, and has the error of the last run as its cause (V9)", async () => {
    const { supervisor } = makeSupervisor();
    const task = supervisor.createTask(failing(Infinity), { ...onFailure, name: "poller" });
    await supervisor.join();
    const error = task.exception() as RestartLimitError;
    expect(error).toBeInstanceOf(RestartLimitError);
    expect(error.message).toBe('task "poller" ended again after 3 restarts within 1000 ms');
    expect(error.cause).toEqual(new Error("run 4"));
  });

  it("a RestartLimitError has no cause if the last run returned (V9)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(() => ++runs, always);
    await supervisor.join();
    expect(runs).toBe(4);
    expect(task.exception()).toBeInstanceOf(RestartLimitError);
    expect(Object.hasOwn(task.exception() as Error, "cause")).toBe(false);
    expect(reported).toEqual([task.exception()]);
  });

  it("a RestartLimitError has any thrown value as its cause, also undefined (V9)", async () => {
    const { supervisor } = makeSupervisor();
    const restart = policy({ maxRestarts: 0 });
    for (const thrown of [undefined, null, 0, "text", Symbol("thrown")]) {
      const task = supervisor.createTask(() => Promise.reject(thrown), { restart });
      await task.then(null, () => {});
      const error = task.exception() as Error;
      expect(Object.hasOwn(error, "cause")).toBe(true);
      expect(error.cause).toBe(thrown);
    }
    await supervisor.join();
  });

  it("a RestartLimitError escapes the task's name, so that the message stays one line (V9, E7)", async () => {
    const { supervisor } = makeSupervisor();
    const task = supervisor.createTask(failing(1), { restart: policy({ maxRestarts: 0 }), name: "a\nb\u001b[2J" });
    await supervisor.join();
    expect((task.exception() as Error).message).toBe(
      'task "a\\nb\\x1b[2J" ended again after 0 restarts within 1000 ms',
    );
  });
});
