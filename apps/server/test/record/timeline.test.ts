import { describe, expect, it } from "vitest";
import { timeline, type TimelineEvent } from "../../src/record/timeline.js";

function event(ph: string, name: string, ms: number, id: string, args: Record<string, unknown> = {}): TimelineEvent {
  return { ph, name, ts: ms * 1_000, id2: { local: id }, cat: "selvage", args };
}

const shutdown = (ph: string, name: string, ms: number): TimelineEvent => ({
  ...event(ph, name, ms, "1"),
  cat: "selvage.shutdown",
});

const task = { kind: "task" };

describe("timeline", () => {
  it("draws the phases of a shutdown, and the tasks that were live when it began", () => {
    const events = [
      event("b", "supervisor", 0, "1", { kind: "Supervisor" }),
      event("b", "over before", 0, "2", task),
      event("b", "deliver", 10, "3", task),
      event("e", "over before", 50, "2", { status: "fulfilled" }),
      event("b", "database", 60, "4", task),
      shutdown("b", "shutdown", 100),
      shutdown("b", "stage 0", 100),
      event("n", "cancelled", 200, "3"),
      event("e", "deliver", 220, "3", { status: "cancelled" }),
      shutdown("e", "stage 0", 220),
      event("e", "database", 340, "4", { status: "cancelled" }),
      shutdown("e", "shutdown", 340),
    ];
    expect(timeline(events).split("\n")).toEqual([
      "                 0                       120                     240 ms",
      `shutdown        │${"━".repeat(48)}│ 240 ms`,
      `stage 0         │${"━".repeat(24)}${" ".repeat(24)}│ 120 ms`,
      `  task deliver  │${"━".repeat(20)}${"╌".repeat(4)}${" ".repeat(24)}│ 120 ms: cancelled`,
      `  task database │${"━".repeat(48)}│ 240 ms: cancelled`,
    ]);
  });

  it("refuses a trace without a shutdown", () => {
    expect(() => timeline([event("b", "supervisor", 0, "1")])).toThrow("expected a shutdown in the trace");
  });
});
