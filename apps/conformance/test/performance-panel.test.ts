import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const folder = fileURLToPath(new URL("..", import.meta.url));

const program = `
  import { TaskGroup } from "@selvage/task-group";
  import { userTiming } from "@selvage/trace";

  globalThis.load = async () => {
    const timing = userTiming({ track: "Loading", trackGroup: "Shop" });
    await TaskGroup.run(
      (group) => {
        group.createTask((scope) => scope.sleep(60_000), { name: "slow" });
        group.createTask((scope) => scope.sleep(1).then(() => Promise.reject(new RangeError("503"))), { name: "bad" });
      },
      { name: "page" },
    ).catch(() => {});
    timing[Symbol.dispose]();
    return performance.getEntriesByType("measure").length;
  };`;

interface TraceEvent {
  readonly cat?: string;
  readonly ph: string;
  readonly name: string;
  readonly args: { readonly detail?: string };
}

/** Loads a page, and records it as the Performance panel does. */
async function recorded(): Promise<{ readonly left: unknown; readonly events: readonly TraceEvent[] }> {
  const conditions = ["@selvage/source"];
  const stdin = { contents: program, resolveDir: join(folder, "src") };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", conditions, write: false });
  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage();
    await page.goto("about:blank");
    await page.addScriptTag({ content: outputFiles[0]!.text, type: "module" });
    await page.waitForFunction("globalThis.load !== undefined");
    const session = await browser.newBrowserCDPSession();
    const events: TraceEvent[] = [];
    session.on("Tracing.dataCollected", ({ value }) => void events.push(...(value as unknown as TraceEvent[])));
    const includedCategories = ["blink.user_timing", "devtools.timeline"];
    await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories } });
    const left = await page.evaluate("globalThis.load()");
    const complete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
    await session.send("Tracing.end");
    await complete;
    return { left, events };
  } finally {
    await browser.close();
  }
}

describe("userTiming in Chromium", () => {
  it("a recording of the Performance panel has each scope on its own track, and the page keeps no measures (N6)", async () => {
    if (!existsSync(executablePath) && !process.env["CI"]) return; // as in a run of the conformance
    const { left, events } = await recorded();
    expect(left).toBe(0);
    const entries = events
      .filter(({ cat = "", ph, args }) => cat.includes("blink.user_timing") && ph === "b" && args.detail !== undefined)
      .map(({ name, args }) => [
        name.replace(/#\d+/, "#"),
        (JSON.parse(args.detail!) as { readonly devtools: Readonly<Record<string, unknown>> }).devtools,
      ]);
    const track = { dataType: "track-entry", track: "Loading", trackGroup: "Shop" };
    expect(Object.fromEntries(entries)).toMatchObject({
      "page (TaskGroup #)": { ...track, color: "error" },
      "slow (task #)": { ...track, color: "tertiary" },
      "bad (task #)": {
        ...track,
        color: "error",
        properties: [["status", "rejected"], ["error", "RangeError: 503"], expect.anything()],
      },
    });
  });
});
