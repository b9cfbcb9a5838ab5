import { EventEmitter, once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancelScope, ExceptionGroup, isCancellation, type Task, TaskGroup } from "../src/index.js";
import { errorsOf, outcomeOf } from "./outcome.js";

/** The errors with which Node and the web reject when the signal of a child's scope aborts. */
describe("a child that waits for the platform", () => {
  let server: Server;
  let url: string;
  const requests = new EventEmitter();

  beforeAll(async () => {
    server = createServer((request) => void requests.emit("request", request)); // and never answers
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  it("a child is interrupted in a fetch, whose connection is closed (K2, S5)", async () => {
    let task: Task<Response> | undefined;
    const arrived = once(requests, "request") as Promise<[Readable]>;
    const value = await TaskGroup.run(async (group) => {
      task = group.createTask((scope) => fetch(url, { signal: scope.signal }));
      const [request] = await arrived;
      const closed = new Promise((resolve) => request.on("error", () => {}).on("close", resolve));
      group.cancel();
      await closed;
      return "value";
    });
    expect([value, task?.status]).toEqual(["value", "cancelled"]);
  });

  it("a sibling's failure interrupts a child in a fetch, and only that failure is the error (T2, T3)", async () => {
    let task: Task<Response> | undefined;
    const arrived = once(requests, "request");
    const run = TaskGroup.run(async (group) => {
      task = group.createTask((scope) => fetch(url, { signal: scope.signal }));
      group.createTask(async () => {
        await arrived;
        throw new Error("no");
      });
      await task;
    });
    expect(await errorsOf(run)).toEqual([new Error("no")]);
    expect((await outcomeOf(task!)).error).toBe(task?.scope.reason);
  });

  it("an outer deadline interrupts a child in a fetch (T5, S9)", async () => {
    const arrived = once(requests, "request");
    const result = await CancelScope.run((scope) =>
      TaskGroup.run(
        async (group) => {
          const response = group.createTask((own) => fetch(url, { signal: own.signal }));
          await arrived;
          scope.deadline = scope.clock.now() + 1;
          await response;
          expect.unreachable();
        },
        { parent: scope },
      ),
    );
    expect(result).toBeUndefined();
  });

  it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ["timers/promises", (signal) => delay(60_000, undefined, { signal })],
    ["events.once", (signal) => once(new EventEmitter(), "never", { signal })],
    ["a stream's pipeline", (signal) => pipeline(new Readable({ read() {} }), async function* () {}, { signal })],
    ["a stream that is read", (signal) => new Readable({ read() {}, signal }).toArray()],
    ["throwIfAborted", (signal) => delay(1).then(() => signal.throwIfAborted())],
  ])("a child is interrupted in %s, whatever error that makes of the reason (K2, S15)", async (_, wait) => {
    let task: Task<unknown> | undefined;
    let seen: unknown;
    const value = await TaskGroup.run((group) => {
      task = group.createTask((scope) =>
        wait(scope.signal).catch((error: unknown) => {
          seen = error;
          throw error;
        }),
      );
      group.cancel("enough");
      return "value";
    });
    expect(value).toBe("value");
    expect(task?.status).toBe("cancelled");
    expect(isCancellation(seen, task?.scope)).toBe(true);
    expect((await outcomeOf(task!)).error).toBe(task?.scope.reason);
  });

  it("a child fails if a foreign signal has aborted its wait (K2, K6)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(() => delay(60_000, undefined, { signal: AbortSignal.abort("not ours") }));
      }),
    );
    expect(errors).toEqual([expect.objectContaining({ name: "AbortError", code: "ABORT_ERR" })]);
  });

  it("a body that the platform's AbortError interrupts makes run reject with the owner's error (T4, T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run((group) => delay(60_000, undefined, { signal: group.scope.signal }), { parent });
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("a child that gathers several aborts is interrupted: an aggregate of aborts is a cancellation (K2, S15)", async () => {
    let task: Task<unknown> | undefined;
    await TaskGroup.run((group) => {
      task = group.createTask(({ signal }) =>
        Promise.any([delay(60_000, undefined, { signal }), once(new EventEmitter(), "never", { signal })]),
      );
      group.cancel();
    });
    expect(task?.status).toBe("cancelled");
  });

  it("a child fails if one of several promises has failed while the others were aborted (K2, S15)", async () => {
    const [aggregate] = await errorsOf(
      TaskGroup.run((group) => {
        group.createTask(({ signal }) =>
          Promise.any([delay(60_000, undefined, { signal }), Promise.reject(new Error("cleanup"))]),
        );
        group.cancel();
      }),
    );
    expect(aggregate).toBeInstanceOf(AggregateError);
    expect(aggregate).not.toBeInstanceOf(ExceptionGroup);
  });
});
