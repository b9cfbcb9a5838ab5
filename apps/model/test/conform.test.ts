import { describe, expect, it } from "vitest";
import { conform } from "../src/conform.js";
import type { Program } from "../src/program.js";
import { record } from "../src/record.js";
import { type Event, lineOf } from "../src/trace.js";

/** A failure cancels a sibling, whose cleanup takes time and fails; an outer timeout comes in between. */
const program: Program = {
  body: [
    {
      do: "attempt",
      id: 1,
      everything: false,
      body: [
        {
          do: "timeout",
          id: 2,
          ms: 20,
          body: [
            {
              do: "group",
              id: 3,
              limit: null,
              body: [
                {
                  do: "spawn",
                  id: 4,
                  owner: 3,
                  body: [
                    { do: "sleep", id: 5, ms: 10 },
                    { do: "fail", id: 6 },
                  ],
                },
                {
                  do: "spawn",
                  id: 7,
                  owner: 3,
                  body: [
                    {
                      do: "try",
                      id: 8,
                      body: [{ do: "sleep", id: 9, ms: 100 }],
                      cleanup: [
                        { do: "work", id: 10, ms: 15 },
                        { do: "fail", id: 11 },
                      ],
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
  ],
};

async function traceOf(seed = 0): Promise<readonly Event[]> {
  return (await record(program, seed)).trace;
}

describe("conform", () => {
  it("accepts what happened", async () => {
    const trace = await traceOf();
    expect(trace.map(lineOf).join("\n")).toContain("25: 1 caught ! G[E6 E11]");
    expect(conform(program, trace)).toEqual({ kind: "agrees" });
  });

  it("refuses a trace with a missing event", async () => {
    const trace = await traceOf();
    for (const left of trace) {
      const verdict = conform(
        program,
        trace.filter((event) => event !== left),
      );
      expect(verdict.kind, `without ${lineOf(left)}`).toBe("disagrees");
    }
  });

  it("refuses a trace with a repeated event", async () => {
    const trace = await traceOf();
    for (const [index, event] of trace.entries()) {
      const verdict = conform(program, trace.toSpliced(index, 0, event));
      expect(verdict.kind, `with another ${lineOf(event)}`).toBe("disagrees");
    }
  });

  it("refuses a trace with a late event", async () => {
    const trace = await traceOf();
    for (const [index, event] of trace.entries()) {
      const late = trace.map((other, at) => (at < index ? other : { ...other, at: other.at + 1 }));
      expect(conform(program, late).kind, `from ${lineOf(event)}`).toBe("disagrees");
    }
  });

  it("refuses another outcome", async () => {
    const trace = await traceOf();
    for (const [index, event] of trace.entries()) {
      if (event.detail === "") continue;
      const verdict = conform(program, trace.with(index, { ...event, detail: "! E99" }));
      expect(verdict.kind, `instead of ${lineOf(event)}`).toBe("disagrees");
    }
  });

  it("V4: accepts both outcomes of a task that ends as the timeout of the shutdown passes", async () => {
    const tie: Program = {
      body: [
        {
          do: "supervisor",
          id: 1,
          limit: null,
          body: [
            {
              do: "spawn",
              id: 2,
              owner: 1,
              body: [{ do: "work", id: 3, ms: 4 }],
              placement: { stage: 0, grace: 4 },
            },
            { do: "shutdown", id: 4, supervisor: 1, grace: 0, timeout: 4, wait: false },
          ],
        },
        { do: "shutdown", id: 5, supervisor: 1, grace: 0, timeout: null, wait: true },
      ],
    };
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { trace } = await record(tie, seed);
      const lines = trace.map(lineOf);
      expect(conform(tie, trace)).toEqual({ kind: "agrees" });
      outcomes.add(lines.find((line) => line.startsWith("4: 5 resumed"))!);
    }
    expect([...outcomes].sort()).toEqual([
      '4: 5 resumed = {"completed":0,"failed":0,"cancelled":0,"abandoned":["2"],"elapsed":4}',
      '4: 5 resumed = {"completed":1,"failed":0,"cancelled":0,"abandoned":[],"elapsed":4}',
    ]);
  });

  it("accepts any order of events of one time, if no order is promised", () => {
    const two: Program = {
      body: [
        {
          do: "group",
          id: 1,
          limit: null,
          body: [
            { do: "spawn", id: 2, owner: 1, body: [{ do: "sleep", id: 3, ms: 5 }] },
            { do: "spawn", id: 4, owner: 1, body: [{ do: "sleep", id: 5, ms: 5 }] },
          ],
        },
      ],
    };
    const start = [
      "0 does",
      "0 began",
      "1 does",
      "1 began",
      "2 does",
      "2 began",
      "3 does",
      "4 does",
      "4 began",
      "5 does",
    ];
    const end = ["1 resumed = 1", "0 ended = 0", "0 resumed = 0"];
    const first = ["3 resumed = undefined", "2 ended = 2", "2 done = 2"];
    const second = ["5 resumed = undefined", "4 ended = 4", "4 done = 4"];
    const events = (at: number, lines: readonly string[]): Event[] =>
      lines.map((line) => {
        const [id, what, ...detail] = line.split(" ");
        return { at, id: Number(id), what: what as Event["what"], detail: detail.join(" ") };
      });
    for (const order of [
      [...first, ...second],
      [...second, ...first],
    ]) {
      const trace = [...events(0, start), ...events(0, ["1 ended = 1"]), ...events(5, [...order, ...end])];
      expect(conform(two, trace)).toEqual({ kind: "agrees" });
    }
  });

  it("is undecided for a program whose tasks wait for each other for ever", async () => {
    const shielded = (id: number, task: number): Program["body"] => [
      { do: "scope", id, ms: null, shield: true, body: [{ do: "await", id: id + 1, task }] },
    ];
    const deadlock: Program = {
      body: [
        {
          do: "supervisor",
          id: 1,
          limit: null,
          body: [
            {
              do: "spawn",
              id: 2,
              owner: 1,
              body: [
                { do: "sleep", id: 3, ms: 1 },
                {
                  do: "scope",
                  id: 4,
                  ms: null,
                  shield: true,
                  body: [{ do: "shutdown", id: 5, supervisor: 1, grace: 0, timeout: null, wait: true }],
                },
              ],
            },
            { do: "spawn", id: 6, owner: 1, body: shielded(7, 2) },
          ],
        },
      ],
    };
    const { trace, stalled } = await record(deadlock, 0);
    expect(stalled).toBe(true);
    expect(conform(deadlock, trace, stalled)).toEqual({ kind: "undecided", why: "a deadlock" });
  });
});
