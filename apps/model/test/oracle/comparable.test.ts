import { describe, expect, it } from "vitest";
import { comparable } from "../../src/oracle/comparable.js";
import { listing } from "../../src/oracle/listing.js";
import type { Block } from "../../src/program.js";

const sleep = { do: "sleep", id: 90, ms: 1 } as const;
const work = { do: "work", id: 91, ms: 1 } as const;

/** The changed block, without times. */
function outline(body: Block): string {
  return listing(comparable({ body }))
    .replace(/^( *)\d+ /gm, "$1")
    .replace(/ \d+$/gm, "");
}

function timesIn(body: Block): readonly number[] {
  return [...listing(comparable({ body })).matchAll(/\d+$/gm)].map(([time]) => Number(time));
}

describe("comparable", () => {
  it("gives statements of equal length distinct times", () => {
    const times = timesIn([sleep, { ...sleep, id: 92 }, { do: "timeout", id: 93, ms: 1, body: [] }]);
    expect(new Set(times).size).toBe(3);
    expect(times.every((time) => time > 1_000_000 && time < 2_000_000)).toBe(true);
  });

  it("lets a task sleep first (K1)", () => {
    const body: Block = [{ do: "spawn", id: 2, owner: 1, body: [{ do: "fail", id: 3 }] }];
    expect(outline([{ do: "group", id: 1, limit: null, body }])).toBe(`group
    spawn in
        sleep
        fail`);
  });

  it("lets a timeout of 0 sleep first", () => {
    const program = comparable({ body: [{ do: "timeout", id: 1, ms: 0, body: [{ do: "fail", id: 2 }] }] });
    expect(listing(program)).toMatch(/^1 timeout 0\n {4}3 sleep \d+\n {4}2 fail$/);
  });

  it("lets code that has cancelled something continue later, cancelled or not (K2)", () => {
    expect(outline([{ do: "cancel", id: 1, target: 2 }])).toBe("cancel\nwork");
  });

  it("lets nothing ignore cancellation in the body of a group (S2)", () => {
    const body: Block = [{ do: "timeout", id: 2, ms: 1, body: [work] }];
    expect(outline([work, { do: "group", id: 1, limit: null, body }])).toBe(`work
group
    timeout
        sleep`);
  });

  it("lets no task ignore cancellation if the body of another group would wait for it (S2)", () => {
    const task: Block = [{ do: "spawn", id: 3, owner: 2, body: [work] }];
    const inner: Block = [{ do: "group", id: 2, limit: null, body: task }];
    expect(outline(inner)).toContain("work");
    expect(outline([{ do: "group", id: 1, limit: null, body: inner }])).not.toContain("work");
  });

  it("refuses what asyncio cannot express", () => {
    const body: Block = [{ do: "scope", id: 1, ms: null, shield: true, body: [] }];
    expect(() => comparable({ body })).toThrow('got a statement "scope"');
  });
});
