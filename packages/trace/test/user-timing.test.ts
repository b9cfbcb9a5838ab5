import { PerformanceObserver } from "node:perf_hooks";
import { CancelScope } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { afterEach, describe, expect, it, vi } from "vitest";
import { userTiming, type UserTimingOptions } from "../src/index.js";
import { notErrors } from "./hostile.js";

interface Entry {
  readonly name: string;
  readonly startTime: number;
  readonly duration: number;
  readonly detail: {
    readonly devtools: {
      readonly dataType: string;
      readonly track: string;
      readonly trackGroup?: string;
      readonly color: string;
      readonly tooltipText: string;
      readonly properties: [string, string][];
    };
  };
}

afterEach(() => performance.clearMeasures());

/** Returns what a `PerformanceObserver` sees of a program, without the ids in the names. */
async function measured(body: () => unknown, options?: UserTimingOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  const observer = new PerformanceObserver((list) => entries.push(...(list.getEntries() as unknown as Entry[])));
  observer.observe({ entryTypes: ["measure"] });
  const timing = userTiming(options);
  try {
    await body();
  } finally {
    timing[Symbol.dispose]();
  }
  entries.push(...(observer.takeRecords() as unknown as Entry[]));
  observer.disconnect();
  return entries;
}

const names = (entries: readonly Entry[]): string[] => entries.map(({ name }) => name.replace(/#\d+/, "#"));

describe("userTiming", () => {
  it("each scope and task is an entry of the track, from its opening to its close (N6)", async () => {
    const entries = await measured(
      () =>
        TaskGroup.run(
          (group) => {
            group.createTask((scope) => scope.sleep(1), { name: "nap" });
          },
          { name: "page" },
        ),
      { track: "Loading", trackGroup: "Shop" },
    );
    expect(names(entries)).toEqual(["nap (task #)", "page (TaskGroup #)"]);
    const [nap, page] = entries as [Entry, Entry];
    expect(nap.detail.devtools).toMatchObject({ dataType: "track-entry", track: "Loading", trackGroup: "Shop" });
    expect(nap.startTime).toBeGreaterThanOrEqual(page.startTime);
    expect(nap.startTime + nap.duration).toBeLessThanOrEqual(page.startTime + page.duration);
  });

  it("the colour, the tooltip and the properties say how it ended, its error, and which scope was cancelled (N6)", async () => {
    const entries = await measured(async () => {
      await TaskGroup.run(
        (group) => {
          group.createTask((scope) => scope.sleep(60_000), { name: "slow" });
          group.createTask(() => Promise.reject(new RangeError("no")), { name: "bad" });
        },
        { name: "page" },
      ).catch(() => {});
    });
    const [bad, slow, page] = entries.map(({ detail }) => detail.devtools);
    expect([bad, slow, page].map((each) => each!.color)).toEqual(["error", "tertiary", "error"]);
    expect(bad!.tooltipText).toMatch(/^task "bad" #\d+: rejected$/);
    expect(bad!.properties.slice(0, 2)).toEqual([
      ["status", "rejected"],
      ["error", "RangeError: no"],
    ]);
    const parent = expect.stringMatching(/^TaskGroup "page" #\d+$/) as string;
    expect(slow!.properties).toEqual([
      ["status", "cancelled"],
      ["cancelled by", parent],
      ["parent", parent],
    ]);
  });

  it("keeps no entries, and leaves the program's own measures (N6)", async () => {
    performance.measure("page");
    await measured(() => CancelScope.run(() => {}, { name: "page" }));
    expect(performance.getEntriesByType("measure").map(({ name }) => name)).toEqual(["page"]);
  });

  it("disposing shows what is open, once, and ends it (N6)", async () => {
    const scope = new CancelScope();
    const entries = await measured(() => {
      new CancelScope({ parent: scope, name: "open" });
      const timing = userTiming({ track: "second" });
      timing[Symbol.dispose]();
      timing[Symbol.dispose]();
    });
    scope.cancel();
    new CancelScope().close();
    expect(names(entries)).toEqual(["open (scope #)"]);
    expect(entries[0]!.detail.devtools.properties[0]).toEqual(["status", "open"]);
  });

  it("a scope that was opened before is not shown (N6)", async () => {
    const scope = new CancelScope();
    expect(await measured(() => scope.close())).toEqual([]);
  });

  it("names are bounded and escaped, and any value may be thrown (N6)", async () => {
    const entries = await measured(async () => {
      for (const name of ["a\n\u0000", "x".repeat(1e6)]) new CancelScope({ name }).close();
      for (const { value } of notErrors) await CancelScope.run(() => Promise.reject(value)).catch(() => {});
    });
    expect(names(entries).slice(0, 2)).toEqual(["a\\n\\x00 (scope #)", `${"x".repeat(99)}… (scope #)`]);
    expect(entries).toHaveLength(2 + notErrors.length);
    for (const { detail } of entries)
      for (const [, text] of detail.devtools.properties) expect(text.length).toBeLessThan(1_100);
  });

  it("a performance.measure that throws is reported as uncaught, and the program goes on (N6)", async () => {
    const uncaught: unknown[] = [];
    const error = new Error("measure");
    const measure = vi.spyOn(performance, "measure").mockImplementation(() => {
      throw error;
    });
    const note = (thrown: unknown): void => void uncaught.push(thrown);
    const before = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", note);
    const timing = userTiming();
    try {
      expect(await CancelScope.run(() => 7)).toBe(7);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      timing[Symbol.dispose]();
      measure.mockRestore();
      process.removeAllListeners("uncaughtException");
      for (const listener of before) process.on("uncaughtException", listener as () => void);
    }
    expect(uncaught).toEqual([error]);
  });
});
