/** The checker of trace files finds what is wrong. Otherwise the tests that use it would prove nothing. */
import { checkEvents, checkTrace, parseTrace } from "@selvage/test-support/check-trace";
import { describe, expect, it } from "vitest";

const event = { name: "a", cat: "selvage", ph: "b", ts: 1, pid: 1, tid: 1, id2: { local: "0x1" } };
const end = { ...event, ph: "e", ts: 2 };
const flowing = { ...event, ph: "n", bind_id: "c" };

describe("checkEvents", () => {
  it("finds nothing wrong in a correct trace (N6)", () => {
    const counter = { name: "c", ph: "C", ts: 2, pid: 1, tid: 1, args: { live: 1 } };
    const events = [event, { ...flowing, flow_out: true }, { ...flowing, flow_in: true }, counter, end];
    expect(checkEvents(events, { isComplete: true })).toEqual([]);
  });

  it.each([
    ["a slice that does not end", [event]],
    ["an end without a beginning", [end]],
    ["an end of another slice", [event, { ...event, name: "b" }, end, { ...end, name: "b" }]],
    ["time that goes backwards", [event, { ...end, ts: 0 }]],
    ["a flow that ends before it begins", [event, { ...flowing, flow_in: true }, { ...flowing, flow_out: true }, end]],
    ["a flow that begins twice", [event, { ...flowing, flow_out: true }, { ...flowing, flow_out: true }, end]],
    ["a flow without a direction", [event, flowing, end]],
    ["a flow outside of a slice", [{ ...flowing, flow_out: true }]],
    ["a counter that is not numeric", [{ ...event, ph: "C", args: { live: "1" } }]],
    ["a pid that is not an integer", [{ ...event, pid: 1.5 }, end]],
    ["an event without an id", [{ ...event, id2: {} }]],
    ["a thread-scoped flow event", [{ ...event, ph: "s" }]],
  ])("finds %s (N6)", (_, events) => {
    expect(checkEvents(events as never, { isComplete: true })).not.toEqual([]);
  });
});

describe("parseTrace", () => {
  it("reads a file that lacks its end, and refuses one that is broken in the middle (N6)", () => {
    const [first, last] = [JSON.stringify(event), JSON.stringify(end)];
    expect(parseTrace(`[\n${first},\n${last.slice(0, 9)}`)).toEqual([event]);
    expect(() => parseTrace(`[\n${first.slice(0, 9)},\n${last}\n]\n`)).toThrow(SyntaxError);
    expect(checkTrace(`[\n${first},\n${last}\n]\n`)).toEqual([]);
  });
});
