import { describe, expect, it } from "vitest";
import { renderProcessorTimes, renderTable } from "../src/tables.js";
import { resultOf } from "./results.js";

describe("renderTable", () => {
  it("shows the floor's figure, and the others as multiples of it with their spread", () => {
    const text = renderTable([resultOf({ promiseAll: [100, 100, 100], pMap: [500, 520, 700] })], "wall");
    expect(text).toContain("|   | some tasks |\n");
    expect(text).toContain("| `Promise.all` | 1 = 100 ns |");
    expect(text).toContain("| p-map | 5.20 (5.10–6.10) |");
  });

  it("shows figures where there is no floor, and both where the unit is not a time", () => {
    expect(renderTable([resultOf({ scope: [120] }, { floor: undefined, unit: "bytes" })], "wall")).toContain(
      "| `CancelScope` | 120 B |",
    );
    expect(renderTable([resultOf({ promiseAll: [700], taskGroup: [840] }, { unit: "bytes" })], "wall")).toContain(
      "| `TaskGroup` | 840 B = 1.20 |",
    );
  });

  it("shows figures where the floor failed", () => {
    const result = resultOf({ pMap: [500] }, {}, { promiseAll: "took more than 6 s" });
    expect(renderTable([result], "wall")).toContain("| `Promise.all` | failed |\n| p-map | 500 ns |");
  });

  it("has a column for each case, and a dash for a contestant that does not take part", () => {
    const results = [
      resultOf({ promiseAll: [1], pMap: [2] }),
      resultOf({ promiseAll: [1] }, { id: "more", title: "more tasks" }),
    ];
    const text = renderTable(results, "wall");
    expect(text).toContain("|   | some tasks | more tasks |");
    expect(text).toContain("| p-map | 2.00 | – |");
  });

  it("says in how few rounds a slow contestant was measured", () => {
    const text = renderTable([resultOf({ promiseAll: [1, 1, 1, 1, 1], effection: [600, 600, 600] })], "wall");
    expect(text).toContain("| Effection | 600 (600–600, 3 rounds) |");
  });

  it("says who failed, whatever was measured before", () => {
    const result = resultOf({ promiseAll: [1], pMap: [2] }, {}, { pMap: "took more than 6 s" });
    expect(renderTable([result], "wall")).toContain("| p-map | failed |");
  });

  it("shows the time of the clock that is asked for", () => {
    const result = resultOf({ promiseAll: [{ value: 9, thread: 1 }], pMap: [{ value: 9, thread: 2 }] });
    expect(renderTable([result], "thread")).toContain("| p-map | 2.00 |");
  });
});

describe("renderProcessorTimes", () => {
  it("shows the main thread's and the process's times, of cases that have one", () => {
    const figures = {
      promiseAll: [{ value: 1, thread: 10, process: 20 }],
      pMap: [{ value: 2, thread: 20, process: 30 }],
      asyncio: [{ value: 2, process: 40 }],
    };
    const [, text] = renderProcessorTimes([resultOf(figures), resultOf({ scope: [1] }, { unit: "bytes" })]);
    expect(text).toContain("|   | some tasks |\n");
    expect(text).toContain("| `Promise.all` | 10.0 ns / 20.0 ns |");
    expect(text).toContain("| p-map | 2.00 / 1.50 |");
    expect(text).toContain("| asyncio (CPython) | – / 2.00 |");
  });

  it("leaves the table out where no case has a time", () => {
    expect(renderProcessorTimes([resultOf({ scope: [1] }, { unit: "bytes" })])).toEqual([]);
  });
});
