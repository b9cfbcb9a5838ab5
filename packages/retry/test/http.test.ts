import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "@selvage/testing";
import {
  Breaker,
  CancelScope,
  CircuitOpenError,
  hedge,
  retry,
  retryAfter,
  RetryError,
  type RetryOptions,
} from "../src/index.js";
import { errorOf, steady } from "./helpers.js";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server on the loopback that answers each request with the next answer, and the last one again. */
async function serve(...answers: Answer[]) {
  let count = 0;
  let note = (): void => {};
  const aborted: number[] = [];
  const server = createServer((request, response) => {
    const number = ++count;
    response.on("close", () => response.writableFinished || aborted.push(number));
    answers[Math.min(number, answers.length) - 1]!(response, request);
    note();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** The number of requests. */
    get count() {
      return count;
    },
    /** The requests whose connection was closed before the answer was complete. */
    aborted,
    /** Resolves when the server has received a number of requests. */
    async received(number: number): Promise<void> {
      while (count < number) await new Promise<void>((resolve) => (note = resolve));
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end("busy");
const fine: Answer = (response) => response.end("fine");
const reset: Answer = (response) => response.socket!.resetAndDestroy();
const hang: Answer = () => {};
const half: Answer = (response) => response.writeHead(200, { "content-length": "100" }).write("half");

/** A request as users write it: it passes the signal, and an answer that is not ok is an error that carries the response. */
async function get(url: string, scope: CancelScope): Promise<string> {
  const response = await fetch(url, { signal: scope.signal });
  const text = await response.text();
  if (response.ok) return text;
  throw Object.assign(new Error(`${response.status} from the server`), { response });
}

/** Real I/O, and time that moves when the test says so: each wait is recorded, and passes at once. */
function skipping(clock: VirtualClock, waits: number[]): RetryOptions {
  return {
    clock,
    backoff: steady,
    delayFor: retryAfter,
    onRetry: (_, { delay }) => {
      waits.push(delay);
      setImmediate(() => void clock.advance(delay));
    },
  };
}

describe("retry against a real server", () => {
  it.each([
    ["429 with seconds", [status(429, { "retry-after": "7" })], [7_000]],
    ["503 with seconds", [status(503, { "retry-after": "120" })], [120_000]],
    [
      "503 with a date",
      [status(503, { date: "Mon, 30 Nov 2026 12:00:00 GMT", "retry-after": "Mon, 30 Nov 2026 12:00:40 GMT" })],
      [40_000],
    ],
    ["503 with a date that has passed", [status(503, { "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" })], [0]],
    ["500 without a header", [status(500), status(502)], [1_000, 2_000]],
    ["a header that is not valid", [status(503, { "retry-after": "soon" })], [1_000]],
    ["a connection that is reset", [reset, reset], [1_000, 2_000]],
    ["a connection that is reset, then busy", [reset, status(429, { "retry-after": "3" })], [1_000, 3_000]],
  ] as [string, Answer[], number[]][])("%s is retried after the wait (B1, B5)", async (_, answers, expected) => {
    await using server = await serve(...answers, fine);
    const waits: number[] = [];
    const text = await retry((scope) => get(server.url, scope), skipping(new VirtualClock(), waits));
    expect([text, waits, server.count]).toEqual(["fine", expected, expected.length + 1]);
  });

  it("a response that hangs is ended by attemptTimeout, and its connection is closed (B1, B2)", async () => {
    for (const answer of [hang, half]) {
      await using server = await serve(answer, answer, fine);
      const clock = new VirtualClock();
      const waits: number[] = [];
      const errors: string[] = [];
      const options = skipping(clock, waits);
      const result = retry((scope) => get(server.url, scope), {
        ...options,
        attemptTimeout: 5_000,
        onRetry: (error, info) => {
          errors.push(String(error));
          options.onRetry!(error, info);
        },
      });
      await server.received(1);
      await clock.advance(5_000);
      await server.received(2);
      await clock.advance(5_000);
      expect(await result).toBe("fine");
      expect(errors).toEqual([
        "TimeoutError: attempt 1 timed out after 5000 ms",
        "TimeoutError: attempt 2 timed out after 5000 ms",
      ]);
      expect(server.aborted).toEqual([1, 2]);
    }
  });

  it("an abort during Retry-After returns at once, and leaves no timer (B3)", async () => {
    await using server = await serve(status(503, { "retry-after": "3600" }));
    const controller = new AbortController();
    const why = new Error("the user has left");
    const retried = new Promise<number>((resolve) => {
      const result = errorOf(
        retry((scope) => get(server.url, scope), {
          parent: controller.signal,
          delayFor: retryAfter,
          onRetry: (_, { delay }) => resolve(delay),
        }),
      );
      void result.then((error) => ends(error));
    });
    let ends!: (error: Error) => void;
    const ended = new Promise<Error>((resolve) => (ends = resolve));
    expect(await retried).toBe(3_600_000);
    controller.abort(why);
    const error = await ended; // the test's setup checks that no timer is left
    expect([error.name, error.cause, server.count]).toEqual(["AbortError", why, 1]);
  });

  it("an abort in an attempt closes the connection and is not retried (B2)", async () => {
    await using server = await serve(hang);
    using parent = new CancelScope();
    const result = errorOf(retry((scope) => get(server.url, scope), { parent }));
    await server.received(1);
    parent.cancel();
    expect([await result, server.count]).toEqual([parent.reason, 1]);
  });

  it("a Retry-After that is longer than the timeout is not waited for (B4)", async () => {
    await using server = await serve(status(503, { "retry-after": "3600" }));
    const error = await errorOf<RetryError>(
      retry((scope) => get(server.url, scope), { timeout: 600_000, delayFor: retryAfter, name: "orders" }),
    );
    expect(error).toBeInstanceOf(RetryError);
    expect(error.message).toMatch(/^"orders" failed after 1 attempt in \d+ ms: 503 from the server$/);
  });

  it("retryIf keeps a 404 from being retried (B6)", async () => {
    await using server = await serve(status(404));
    const error = await errorOf<Error & { response: Response }>(
      retry((scope) => get(server.url, scope), {
        retryIf: (error) => (error as { response?: Response }).response?.status !== 404,
      }),
    );
    expect([error.message, error.response.status, server.count]).toEqual(["404 from the server", 404, 1]);
  });

  it("a hedge takes the answer of the second connection, and closes the first (B9)", async () => {
    await using server = await serve(hang, fine);
    const clock = new VirtualClock();
    const request = (scope: CancelScope): Promise<string> => get(server.url, scope);
    const result = hedge([request, request], { after: 200, clock });
    await server.received(1);
    await clock.advance(200);
    expect(await result).toBe("fine");
    expect(server.count).toBe(2);
  });

  it("a breaker opens for a server that is down, and closes when it is back (B10)", async () => {
    await using server = await serve(status(503), reset, status(500), fine);
    const clock = new VirtualClock();
    using scope = new CancelScope();
    const breaker = new Breaker({ failures: 3 }, { resetAfter: 10_000, clock });
    const call = (): Promise<string> => breaker.run(scope, (own) => get(server.url, own));
    for (let i = 0; i < 3; i++) await errorOf(call());
    expect(await errorOf(call())).toBeInstanceOf(CircuitOpenError);
    expect(server.count).toBe(3);
    await clock.advance(10_000);
    expect([await call(), breaker.state]).toEqual(["fine", "closed"]);
  });
});
