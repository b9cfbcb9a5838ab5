/** Input that callers should not pass, but some will. Each function says what is wrong, before anything changes. */
import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { publish, traceTo, type TraceOptions, userTiming, type UserTimingOptions } from "../src/index.js";

describe("traceTo", () => {
  it.each([undefined, null, 7, "trace.json", {}, [], Symbol("sink"), { write() {} }])(
    "refuses %s as a sink (N6)",
    (sink) => {
      expect(() => traceTo(sink as never)).toThrow(TypeError);
      expect(() => traceTo(sink as never)).toThrow(
        "The sink of a trace must be a function, a WritableStream or a Writable of Node, got ",
      );
    },
  );

  it.each([
    [{ name: 7 }, TypeError, "The name of a trace must be a string, got 7."],
    [{ clock: {} }, TypeError, 'The option "clock" must be a Clock'],
    [{ maxPending: "1" }, TypeError, 'maxPending must be a positive integer, got "1".'],
    [{ maxPending: 0 }, RangeError, "maxPending must be a positive integer, got 0."],
    [{ preventClose: 1 }, TypeError, "preventClose must be a boolean, got 1."],
    [{ onError: {} }, TypeError, "onError must be a function, got an object."],
    [null, TypeError, "The options must be an object, got null."],
    [7, TypeError, "The options must be an object, got 7."],
    [new CancelScope(), TypeError, "The options must be an object, got a CancelScope."],
  ])("refuses the options %o (N6)", (options, type, message) => {
    const call = (): unknown => traceTo(() => expect.unreachable(), options as unknown as TraceOptions);
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });

  it("refuses a web stream that is locked, and a clock that throws, and observes nothing then (N6)", () => {
    const stream = new WritableStream<Uint8Array<ArrayBuffer>>();
    stream.getWriter();
    expect(() => traceTo(stream)).toThrow(TypeError);
    const clock = {
      now: () => {
        throw new Error("broken");
      },
      setTimer() {},
      clearTimer() {},
    };
    expect(() => traceTo(() => expect.unreachable(), { clock })).toThrow("broken");
    new CancelScope().close();
  });
});

describe("userTiming", () => {
  it.each([
    [{ track: 7 }, "The name of a track must be a string, got 7."],
    [{ trackGroup: {} }, "The name of a group of tracks must be a string, got an object."],
    [null, "The options must be an object, got null."],
    [new AbortController().signal, "The options must be an object, got an AbortSignal."],
  ])("refuses the options %o (N6)", (options, message) => {
    expect(() => userTiming(options as unknown as UserTimingOptions)).toThrow(TypeError);
    expect(() => userTiming(options as unknown as UserTimingOptions)).toThrow(message);
  });

  it("says so where the platform does not have performance.measure (N6)", () => {
    const { performance } = globalThis;
    Object.defineProperty(globalThis, "performance", { value: { now: () => 0 }, configurable: true });
    try {
      expect(() => userTiming()).toThrow("userTiming() needs performance.measure, which this platform does not have");
    } finally {
      Object.defineProperty(globalThis, "performance", { value: performance, configurable: true });
    }
  });
});

describe("publish", () => {
  it("says so where the platform does not have diagnostics channels (N6)", () => {
    const original = Object.getOwnPropertyDescriptor(process, "getBuiltinModule")!;
    Object.defineProperty(process, "getBuiltinModule", { value: undefined, configurable: true });
    try {
      expect(() => publish()).toThrow("publish() needs node:diagnostics_channel and process.getBuiltinModule");
    } finally {
      Object.defineProperty(process, "getBuiltinModule", original);
    }
  });
});
