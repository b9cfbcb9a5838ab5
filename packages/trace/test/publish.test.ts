import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { CancelScope } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { snapshot } from "@selvage/scope/debug";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { VirtualClock } from "@selvage/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type Messages, publish } from "../src/index.js";
import { notErrors } from "./hostile.js";

const names = [
  "selvage:scope:open",
  "selvage:scope:start",
  "selvage:scope:cancel",
  "selvage:scope:close",
  "selvage:supervisor:failure",
  "selvage:supervisor:restart",
  "selvage:supervisor:shutdown",
] as const;

let cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups) cleanup();
  cleanups = [];
});

function listen<N extends keyof Messages>(name: N, listener: (message: Messages[N]) => void): void {
  const call = (message: unknown): void => listener(message as Messages[N]);
  subscribe(name, call);
  cleanups.push(() => unsubscribe(name, call));
}

/** Records all messages, and publishes until the end of the test. */
function messages(): [name: keyof Messages, message: Record<string, unknown>][] {
  const all: [keyof Messages, Record<string, unknown>][] = [];
  for (const name of names) listen(name, (message) => all.push([name, message as unknown as Record<string, unknown>]));
  const publishing = publish();
  cleanups.push(() => publishing[Symbol.dispose]());
  return all;
}

describe("publish", () => {
  it("a scope's opening, start, cancellation and close are messages with its id, its parent's, its kind, name and status (N6)", async () => {
    const all = messages();
    let ids: number[] = [];
    await TaskGroup.run(
      (group) => {
        group.createTask((scope) => scope.sleep(60_000), { name: "nap" });
        const [container] = snapshot(group.scope).containers;
        ids = [container!.container, container!.tasks[0]!.id];
        group.cancel("enough");
      },
      { name: "page" },
    );
    const [page, nap] = ids;
    const group = { id: page, parent: null, kind: "TaskGroup", name: "page", status: "live" };
    const task = { id: nap, parent: page, kind: "task", name: "nap", status: "running" };
    const message = '"page" was cancelled: enough';
    expect(all).toEqual([
      ["selvage:scope:open", group],
      ["selvage:scope:start", group],
      ["selvage:scope:open", task],
      ["selvage:scope:start", task],
      ["selvage:scope:cancel", { ...group, cancelledBy: page, message, reason: "enough" }],
      ["selvage:scope:close", { ...task, status: "cancelled", error: undefined, cancelledBy: page }],
      ["selvage:scope:close", { ...group, status: "cancelled", error: undefined, cancelledBy: page }],
    ]);
  });

  it("messages are plain objects, which can be cloned (N6)", async () => {
    const all = messages();
    const reason = new Error("why");
    await CancelScope.run((scope) => {
      scope.cancel(reason);
    });
    for (const [, message] of all) {
      expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
      structuredClone(message);
    }
    expect(all.find(([name]) => name === "selvage:scope:cancel")![1]["reason"]).toBe(reason);
  });

  it("failures, restarts and the phases of a shutdown of a supervisor are messages (N6)", async () => {
    const all = messages();
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, name: "jobs", onError: () => {} });
    const errors = [new Error("first"), new Error("second")];
    let runs = 0;
    const fn = (): Promise<void> => (runs < 2 ? Promise.reject(errors[runs++]!) : Promise.resolve());
    const backoff = { initial: 10, factor: 1, max: 10, jitter: false } as const;
    supervisor.createTask(fn, { name: "job", restart: { when: "on-failure", maxRestarts: 3, within: 1_000, backoff } });
    await supervisor.join();
    await supervisor.shutdown();
    const of = (kind: string): unknown[] =>
      all.filter(([name]) => name === `selvage:supervisor:${kind}`).map(([, m]) => m);
    expect(of("failure")).toMatchObject([
      { kind: "task", name: "job", error: errors[0], attempt: 1, restartsIn: 10 },
      { error: errors[1], attempt: 2, restartsIn: 10 },
    ]);
    expect(of("restart")).toMatchObject([{ kind: "task", name: "job", attempt: 2 }, { attempt: 3 }]);
    expect(of("shutdown")[0]).toMatchObject({ kind: "Supervisor", name: "jobs", phase: "begun", stage: null });
    expect(of("shutdown").at(-1)).toMatchObject({ phase: "over", stage: null });
  });

  it("a failure that is not restarted has restartsIn null, and the close of the task its error (N6)", async () => {
    const all = messages();
    const supervisor = new Supervisor({ onError: () => {} });
    const error = new Error("no");
    supervisor.createTask(() => Promise.reject(error), { name: "job" });
    await supervisor.join();
    const last = (name: keyof Messages): unknown =>
      all.filter(([one]) => one === name).map(([, message]) => message)[0];
    expect(last("selvage:supervisor:failure")).toMatchObject({ error, restartsIn: null, status: "rejected" });
    expect(last("selvage:scope:close")).toMatchObject({ name: "job", status: "rejected", error, cancelledBy: null });
  });

  it("no message is made for a channel without subscribers (N6)", async () => {
    const publishing = publish();
    cleanups.push(() => publishing[Symbol.dispose]());
    const closed: string[] = [];
    listen("selvage:scope:close", ({ name }) => closed.push(name!));
    let reads = 0;
    const named = new CancelScope({ name: "named" });
    Object.defineProperty(named, "name", {
      get: () => {
        reads++;
        return "named";
      },
    });
    const run = named.run(() => {});
    expect(reads).toBe(0);
    await run;
    expect([closed, reads > 0]).toEqual([["named"], true]);
  });

  it("several callers publish each event once, and the last one's disposal ends it, also if one disposes twice (N6)", () => {
    const opened: unknown[] = [];
    listen("selvage:scope:open", ({ name }) => opened.push(name));
    const [first, second] = [publish(), publish()];
    new CancelScope({ name: "a" });
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    new CancelScope({ name: "b" });
    second[Symbol.dispose]();
    new CancelScope({ name: "c" });
    const third = publish();
    new CancelScope({ name: "d" });
    third[Symbol.dispose]();
    expect(opened).toEqual(["a", "b", "d"]);
  });

  it("a subscriber may unsubscribe, dispose, and open and cancel scopes (N6)", () => {
    const opened: unknown[] = [];
    const publishing = publish();
    const scopes: CancelScope[] = [];
    listen("selvage:scope:open", ({ name }) => {
      opened.push(name);
      if (name === "a") scopes.push(new CancelScope({ name: "b" }));
      if (name === "b") publishing[Symbol.dispose]();
    });
    new CancelScope({ name: "a" });
    new CancelScope({ name: "c" });
    expect(opened).toEqual(["a", "b"]);
  });

  it("a subscriber that throws is an uncaught error, and the program goes on (N6)", async () => {
    const error = new Error("subscriber");
    const publishing = publish();
    cleanups.push(() => publishing[Symbol.dispose]());
    listen("selvage:scope:close", () => {
      throw error;
    });
    const uncaught = await uncaughtDuring(async () => {
      expect(await CancelScope.run(() => 7)).toBe(7);
    });
    expect(uncaught).toEqual([error]);
  });

  it.each(notErrors)("the error is the thrown value itself: $title (N6)", async ({ value }) => {
    const errors: unknown[] = [];
    const publishing = publish();
    cleanups.push(() => publishing[Symbol.dispose]());
    listen("selvage:supervisor:failure", ({ error }) => errors.push(error));
    const supervisor = new Supervisor({ onError: () => {} });
    supervisor.createTask(() => Promise.reject(value));
    await supervisor.join();
    expect(errors.length === 1 && Object.is(errors[0], value)).toBe(true);
  });

  it("publish composes with other observers, and uses no tracing channel (N6)", async () => {
    const traced = names.flatMap((name) =>
      ["start", "end", "asyncStart", "asyncEnd", "error"].map((end) => `tracing:${name}:${end}`),
    );
    const called: string[] = [];
    for (const name of traced) {
      const call = (): void => void called.push(name);
      subscribe(name, call);
      cleanups.push(() => unsubscribe(name, call));
    }
    let seen = 0;
    using _ = observe({ opened: () => seen++ });
    const all = messages();
    await CancelScope.run(() => {});
    expect([seen, all.length, called]).toEqual([1, 3, []]);
    expect(channel("selvage:scope:open").hasSubscribers).toBe(true);
  });
});
