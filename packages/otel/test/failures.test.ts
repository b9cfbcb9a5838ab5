import { CancelScope, ExceptionGroup } from "@selvage/scope";
import { retry } from "@selvage/retry";
import { TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { moveOnAfter, timeout } from "@selvage/timeout";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { describe, expect, it } from "vitest";
import { eventsOf, hostileValues, statusOf, traced } from "./telemetry.js";

const fail = (error: unknown) => (): Promise<never> => Promise.reject(error);
const quiet = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {});

describe("a failure", () => {
  it("sets the status and records the exception, with its class, message and stack (N5)", async () => {
    const { span } = traced();
    const error = new TypeError("no such user", { cause: new Error("the database") });
    await quiet(TaskGroup.run((group) => void group.createTask(fail(error), { name: "load" }), { name: "page" }));
    const load = span("load");
    expect(statusOf(load)).toBe("ERROR: no such user");
    expect(load.attributes).toMatchObject({ "error.type": "TypeError", "selvage.status": "rejected" });
    expect(eventsOf(load)).toEqual(["exception TypeError no such user"]);
    const stack = String(load.events[0]!.attributes!["exception.stacktrace"]);
    expect(stack).toMatch(/^TypeError: no such user\n {4}at /);
    expect(stack).toMatch("└── cause: Error: the database");
  });

  it("of a group is recorded with the group's message, the tree as its stack, and each leaf (N5)", async () => {
    const { span } = traced();
    await quiet(
      TaskGroup.run(
        (group) => {
          group.createTask(fail(new Error("a")), { name: "first" });
          group.createTask(async (scope) => {
            await scope.settle(new Promise((resolve) => scope.onCancel(resolve))).catch(() => {});
            throw new ExceptionGroup("inner", [new RangeError("b"), new Error("c")]);
          });
        },
        { name: "page" },
      ),
    );
    const page = span("page");
    expect(statusOf(page)).toMatch(/^ERROR: 2 tasks failed in TaskGroup "page"/);
    expect(eventsOf(page).map((event) => event.split(" ").slice(0, 3).join(" "))).toEqual([
      'selvage.cancelled TaskGroup "page"',
      "exception ExceptionGroup 2",
      "exception Error a",
      "exception RangeError b",
      "exception Error c",
    ]);
    expect(String(page.events[1]!.attributes!["exception.stacktrace"])).toMatch('1: task "first": Error: a');
  });

  it("of a group with many members, or one that contains itself, records a bounded number (N5)", async () => {
    const { span } = traced();
    const many = new AggregateError(Array.from({ length: 10_000 }, (_, i) => new Error(`error ${i}`), "many"));
    await quiet(TaskGroup.run(fail(many), { name: "many" }));
    expect(span("many").events.length).toBeLessThanOrEqual(10);
    const cyclic = new AggregateError([], "cyclic");
    cyclic.errors = [cyclic, new Error("leaf"), cyclic];
    await quiet(CancelScope.run(() => TaskGroup.run(fail(cyclic), { name: "cyclic" })));
    expect(eventsOf(span("cyclic")).at(-1)).toBe("exception Error leaf");
  });

  it("of a timeout that expires is the TimeoutError, also of an attempt of a retry; moveOnAfter is cancelled (N5)", async () => {
    const { span, spans } = traced();
    const clock = new VirtualClock({ autojump: true });
    await quiet(timeout(10, ({ scope }) => scope.sleep(100), { clock, name: "limit" }));
    await moveOnAfter(10, ({ scope }) => scope.sleep(100), { clock, name: "move on" });
    expect(statusOf(span("limit"))).toBe('ERROR: "limit" timed out after 10 ms');
    expect(eventsOf(span("limit")).at(-1)).toBe('exception TimeoutError "limit" timed out after 10 ms');
    expect(span("limit").attributes["selvage.cancelled.by"]).toBeUndefined();
    expect(statusOf(span("move on"))).toBe("UNSET");
    expect(span("move on").attributes).toMatchObject({
      "selvage.status": "cancelled",
      "selvage.cancelled.by": 'timeout "move on"',
      "selvage.cancelled.reason": "the deadline passed",
    });
    await quiet(retry((scope) => scope.sleep(100), { attempts: 1, attemptTimeout: 5, clock, name: "get" }));
    const attempt = spans().find(({ attributes }) => attributes["selvage.kind"] === "attempt")!;
    expect(statusOf(attempt)).toBe('ERROR: attempt 1 of "get" timed out after 5 ms');
  });

  it("may be any value: it is recorded, without an error that is uncaught, and every span ends (N5)", async () => {
    const values = hostileValues();
    const { spans } = traced();
    const caught = await uncaughtDuring(async () => {
      for (const value of values) {
        await quiet(TaskGroup.run((group) => void group.createTask(fail(value), { name: "task" }), { name: "page" }));
      }
    });
    expect(caught).toEqual([]);
    expect(spans().length).toBe(2 * values.length);
    for (const span of spans()) {
      expect(statusOf(span)).toMatch(/^ERROR/);
      expect(span.events.length).toBeGreaterThanOrEqual(1);
      const texts = [span.status.message, ...span.events.flatMap(({ attributes }) => Object.values(attributes!))];
      for (const text of texts) {
        expect(typeof text).toBe("string");
        expect(String(text)).not.toMatch(/\p{Cs}/u); // a lone surrogate
        expect(String(text).length).toBeLessThan(25_000);
      }
    }
  });

  it("that is not an error has the type of the value as its class (N5)", async () => {
    const { span } = traced();
    for (const [name, value] of [
      ["of undefined", undefined],
      ["of null", null],
      ["of text", "text"],
      ["of a symbol", Symbol("sign")],
      ["of an object", { code: 7 }],
    ] as const) {
      await quiet(timeout(1_000, fail(value), { name }));
    }
    const seen = ["of undefined", "of null", "of text", "of a symbol", "of an object"].map((name) =>
      eventsOf(span(name)),
    );
    expect(seen.flat()).toEqual([
      "exception undefined undefined",
      "exception null null",
      'exception string "text"',
      "exception symbol Symbol(sign)",
      "exception object { code: 7 }",
    ]);
  });

  it("of scopes that are left open is recorded (N5, S16)", async () => {
    const { span } = traced();
    await quiet(
      TaskGroup.run(
        (group) => void new CancelScope({ parent: group.scope, name: "left" }).sleep(Infinity).catch(() => {}),
        {
          name: "page",
        },
      ),
    );
    expect(eventsOf(span("page")).at(-1)).toMatch(/^exception InvalidStateError 1 scope is still open/);
  });

  it("of a group, which cancels its tasks, is not also shown as a cancellation of the group (N5)", async () => {
    const { span } = traced();
    await quiet(
      TaskGroup.run(
        (group) => {
          group.createTask(fail(new Error("no")), { name: "failing" });
          group.createTask((scope) => scope.sleep(60_000), { name: "sibling" });
        },
        { name: "page" },
      ),
    );
    expect(span("page").attributes["selvage.cancelled.by"]).toBeUndefined();
    expect(span("sibling").attributes).toMatchObject({
      "selvage.status": "cancelled",
      "selvage.cancelled.by": 'TaskGroup "page"',
      "selvage.cancelled.reason": "Error: no",
    });
    expect(statusOf(span("sibling"))).toBe("UNSET");
  });
});
