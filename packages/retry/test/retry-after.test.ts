import { afterEach, describe, expect, it, vi } from "vitest";
import { Breaker, CancelScope, retryAfter } from "../src/index.js";
import { errorOf } from "./helpers.js";

const raise = (): never => {
  throw new Error("hostile");
};

/** The time of a header. */
function after(value: unknown, date?: string): number | undefined {
  return retryAfter({ headers: { "retry-after": value, ...(date === undefined ? {} : { date }) } });
}

describe("retryAfter", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("a number of seconds is converted to milliseconds (B5)", () => {
    expect(["0", "1", "120", " 7 ", "1.5", "1.25", 3].map((value) => after(value))).toEqual([
      0, 1_000, 120_000, 7_000, 1_500, 1_250, 3_000,
    ]);
  });

  it("a date in any of the three forms of HTTP is a time from now, and 0 if it has passed (B5)", () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 30, 12, 0, 0) });
    for (const date of [
      "Mon, 30 Nov 2026 12:00:05 GMT",
      "Monday, 30-Nov-26 12:00:05 GMT",
      "Mon Nov 30 12:00:05 2026",
    ]) {
      expect(after(date)).toBe(5_000);
    }
    expect(after("Mon Nov  9 12:00:05 2026")).toBe(0);
    expect(after("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(0);
  });

  it("a date without a zone is in GMT, wherever the process runs (B5)", () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    try {
      expect(after("Mon Nov 30 12:00:05 2026", "Mon, 30 Nov 2026 12:00:00 GMT")).toBe(5_000);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  it("a date counts from the server's own Date, because clocks differ (B5)", () => {
    vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
    expect(after("Mon, 30 Nov 2026 12:00:05 GMT", "Mon, 30 Nov 2026 12:00:02 GMT")).toBe(3_000);
    expect(after("Tue, 01 Jan 2030 00:00:09 GMT", "nonsense")).toBe(9_000);
  });

  it("anything else is undefined (B5)", () => {
    for (const value of [
      "",
      "soon",
      "-1",
      "1e3",
      "0x10",
      "NaN",
      "1 2",
      "foo 1",
      "2026-11-30",
      "Mon, nonsense",
      "12 Nov 2026",
      null,
      {},
      true,
      ["5", "6"],
    ]) {
      expect([value, after(value)]).toEqual([value, undefined]);
    }
  });

  it("it finds the header in a Response, in an error with a response, in headers, and in a Node message (B5)", () => {
    const headers = new Headers({ "Retry-After": "2" });
    const response = new Response(null, { status: 503, headers });
    const plain = { "retry-after": "2" };
    for (const source of [
      response,
      Object.assign(new Error("503"), { response }),
      Object.assign(new Error("429"), { headers }),
      Object.assign(new Error("429"), { response: { headers: plain } }),
      headers,
      { headers: plain, statusCode: 503 },
      plain,
      new Map([["retry-after", "2"]]),
    ]) {
      expect(retryAfter(source)).toBe(2_000);
    }
  });

  it("for a CircuitOpenError it is the error's own time (B10)", async () => {
    using scope = new CancelScope();
    const breaker = new Breaker({ failures: 1 }, { resetAfter: Infinity });
    await errorOf(breaker.run(scope, () => Promise.reject(new Error("no"))));
    expect(retryAfter(await errorOf(breaker.run(scope, () => 1)))).toBe(Infinity);
  });

  it("it never throws, whatever the value (B5)", () => {
    const unreadable = Object.defineProperties(
      {},
      { headers: { get: raise }, response: { get: raise }, get: { get: raise } },
    );
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const source of [
      undefined,
      null,
      0,
      "text",
      Symbol("s"),
      () => {},
      new Error("no"),
      unreadable,
      proxy,
      new Proxy({}, { get: raise, has: raise }),
      { headers: { get: raise } },
      { headers: { get: () => Symbol("s") } },
      { headers: { get: () => ({ toString: raise }) } },
      { headers: null, response: null },
    ]) {
      expect(retryAfter(source)).toBe(undefined);
    }
  });
});
