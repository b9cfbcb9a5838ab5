import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { timesOf } from "../../../.vitepress/theme/playground/engine/chart.js";
import { describe as say, summaryOf } from "../../../.vitepress/theme/playground/engine/narrate.js";
import { presets, type Setup } from "../../../.vitepress/theme/playground/engine/presets.js";
import { primitives } from "../../../.vitepress/theme/playground/engine/primitives.js";
import { record, type Recording } from "../../../.vitepress/theme/playground/engine/record.js";
import { queryOf, setupOf } from "../../../.vitepress/theme/playground/engine/share.js";
import { programOf } from "../../../.vitepress/theme/playground/engine/source.js";
import { workloadOf } from "../../../.vitepress/theme/playground/engine/workload.js";
import { launch, Visitor } from "../../browser.js";

let browser: Browser;
let visitor: Visitor | undefined;
let page: Page;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

afterEach(async () => {
  await visitor?.leave();
  visitor = undefined;
});

/** Opens the playground with a fresh profile, and waits until a run is shown. */
async function open(query = "", options: BrowserContextOptions = {}): Promise<void> {
  visitor = await Visitor.in(browser, options);
  page = await visitor.visit(`/playground/${query}`);
  await status().filter({ hasText: "control back" }).waitFor({ state: "attached" });
}

const status = (): Locator => page.getByRole("status");
const slider = (): Locator => page.getByRole("slider", { name: "Time" });
const field = (name: string, task: string): Locator => page.getByRole("group", { name: task }).getByLabel(name);
/** Types into a field, and leaves it. */
async function type(field: Locator, text: string): Promise<void> {
  await field.fill(text);
  await field.blur();
}

const preset = (id: string): Setup => setupOf(`preset=${id}`);

/** The result of the same engine for a setup, outside the browser. */
async function expected({ first, second, workload }: Setup): Promise<{ summary: string; table: string[][] }> {
  const names = [first, second];
  const recordings: Recording[] = [];
  for (const name of names) recordings.push(await record(programOf(name, workload)));
  return {
    summary: recordings.map((recording, i) => summaryOf(names[i]!, recording)).join(" "),
    table: [
      ["Time", ...names],
      ...timesOf(recordings).map((at) => [
        `${at} ms`,
        ...recordings.map(({ events }) =>
          events
            .filter((event) => event.at === at)
            .map(say)
            .join("\n"),
        ),
      ]),
    ],
  };
}

/** The trace as a table, row by row. */
async function table(): Promise<string[][]> {
  const details = page.locator("details.trace");
  if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
  const rows = await page.getByRole("table").getByRole("row").all();
  return Promise.all(rows.map(async (row) => (await row.locator("th, td").allInnerTexts()).map((text) => text.trim())));
}

async function expectShown(setup: Setup): Promise<void> {
  const { summary, table: rows } = await expected(setup);
  await status().filter({ hasText: summary }).waitFor({ state: "attached" });
  expect(await table()).toEqual(rows);
}

describe("the playground", () => {
  it("runs every primitive in the browser with the same result as elsewhere", async () => {
    const workload = workloadOf(
      [{ takes: 150, cleanup: 20 }, { takes: 100, fails: true }, { takes: 300, cleanup: 50, cleanupFails: true }, 400],
      { timeout: 250, limit: 3, shutdownAt: 120, grace: 60 },
    );
    const setup: Setup = { first: "gather", second: "Promise.all", workload };
    await open(`?${queryOf(setup)}`);

    for (const { name } of primitives) {
      await page.getByLabel("First primitive").selectOption(name);

      await expectShown({ ...setup, first: name });
    }
  });

  it("shows when the caller has control back, the outcome, and what is left running (T1, T2, T3)", async () => {
    await open();

    const first = page.getByRole("article", { name: "First: TaskGroup" });
    expect(await first.getByRole("heading").innerText()).toBe("Control back after 200 ms, with an error");
    expect(await first.locator("pre").innerText()).toBe(
      'ExceptionGroup: 1 task failed in a TaskGroup: orders: no orders\n└── 1: task "orders": Error: no orders',
    );
    expect(await first.getByRole("listitem").allInnerTexts()).toEqual(["Nothing left running", "No error lost"]);

    const second = page.getByRole("article", { name: "Second: Promise.all" });
    expect(await second.getByRole("heading").innerText()).toBe("Control back after 150 ms, with an error");
    expect(await second.locator("pre").innerText()).toBe("Error: no orders");
    expect((await second.getByRole("listitem").allInnerTexts())[0]).toBe("Left running: user, reviews");
  });

  it("shows each preset", async () => {
    await open("?preset=timeout");

    for (const { title, setup } of presets) {
      await page.getByRole("button", { name: title }).click();

      await expectShown(setup);
      expect(await page.getByRole("button", { pressed: true }).allInnerTexts()).toEqual([title]);
    }
  });

  it("shows exactly the text that it runs", async () => {
    const setup = preset("shutdown");
    await open("?preset=shutdown");

    const shown = await page
      .locator(".sources > :not(details) pre")
      .evaluateAll((elements) => elements.map((element) => element.textContent));
    const { main, tasks } = programOf(setup.first, setup.workload);
    const second = programOf(setup.second, setup.workload);
    expect(shown).toEqual([main, second.main, tasks].map((text) => text.trimEnd()));
  });

  it("shows the form and the code before any script has run", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    await page.goto(`${inject("site")}/playground/`);

    expect(await page.getByLabel("takes").count()).toBe(3);
    expect(await page.locator(".code").first().innerText()).toContain("TaskGroup.run(");
    await context.close();
  });
});

describe("the workload", () => {
  it("follows the form", async () => {
    await open();

    await type(field("takes", "user"), "250");
    await field("then", "orders").selectOption("returns");
    await type(field("cleanup", "orders"), "44");
    await field("and fails", "orders").check();
    await field("and fails", "user").check();
    await field("ignores cancellation", "reviews").check();
    await page.getByRole("button", { name: "Add a task" }).click();
    await page.getByLabel("time limit", { exact: true }).check();
    await type(page.getByLabel("time limit in milliseconds"), "260");
    await page.getByLabel("limit", { exact: true }).check();
    await page.getByLabel("First primitive").selectOption("gather");

    await expectShown({
      first: "gather",
      second: "Promise.all",
      workload: workloadOf(
        [
          { takes: 250, cleanup: 50, cleanupFails: true },
          { takes: 150, cleanup: 40, cleanupFails: true },
          { takes: 400, ignores: true, cleanup: 50 },
          300,
        ],
        { timeout: 260, limit: 2 },
      ),
    });
    expect(await field("cleanup", "orders").inputValue()).toBe("40");
  });

  it("can be cancelled from outside, and shut down", async () => {
    await open("?preset=rest-go-on");

    await page.getByLabel("cancelled from outside").check();
    await type(page.getByLabel("cancelled at"), "350");
    await page.getByLabel("shutdown").check();
    await type(page.getByLabel("with grace"), "30");

    const { first, second, workload } = preset("rest-go-on");
    await expectShown({ first, second, workload: { ...workload, cancelAt: 350, shutdownAt: 200, grace: 30 } });
  });

  it("corrects invalid input", async () => {
    await open();

    for (const [typed, kept] of [
      ["99999", "1000"],
      ["-5", "10"],
      ["", "10"],
      ["123", "120"],
    ] as const) {
      await type(field("takes", "user"), typed);
      expect(await field("takes", "user").inputValue()).toBe(kept);
    }
  });
});

describe("a link", () => {
  it("restores the setup", async () => {
    await open();
    await page.getByLabel("Second primitive").selectOption("race");
    await type(field("takes", "reviews"), "700");
    await page.waitForURL(/second=race.*700/);
    const { search } = new URL(page.url());
    const before = await table();
    await visitor?.leave();

    await open(search);

    expect(await page.getByLabel("Second primitive").inputValue()).toBe("race");
    expect(await field("takes", "reviews").inputValue()).toBe("700");
    expect(await table()).toEqual(before);
  });

  it("is copied by a button", async () => {
    await open("?preset=timeout", { permissions: ["clipboard-read", "clipboard-write"] });

    await page.getByRole("button", { name: "Copy the link" }).click();

    await status().filter({ hasText: "The link is copied." }).waitFor({ state: "attached" });
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
  });

  it.each([
    "?first=eval&second=%00&tasks=;alert(1)//&timeout=NaN",
    "?tasks=300-%E0%A4%A&limit=-1",
    "?%",
    "?preset=__proto__#<b>",
  ])("may be garbage: %s", async (query) => {
    await open(query);

    await expectShown(presets[0].setup);
  });
});

describe("time", () => {
  it("follows the slider, and later events are not shown yet", async () => {
    await open();
    const first = page.getByRole("article", { name: "First: TaskGroup" });

    await slider().fill("190");

    expect(await first.getByRole("heading").innerText()).toBe("The caller waits");
    expect(await first.locator("pre").isVisible()).toBe(false);
    expect(await slider().getAttribute("aria-valuetext")).toMatch(
      /^190 ms\. TaskGroup: orders fails: Error: no orders/,
    );

    await slider().fill("200");

    expect(await first.locator("pre").isVisible()).toBe(true);
  });

  it("moves from event to event with the buttons", async () => {
    await open();

    for (const at of [450, 400, 300, 200]) {
      await page.getByRole("button", { name: "Back one event" }).click();
      expect(await slider().inputValue()).toBe(String(at));
    }
    expect(await status().innerText()).toBe(
      "200 ms. TaskGroup: reviews has stopped, cancelled, the caller has control back: throws ExceptionGroup: 1 task failed in a TaskGroup: orders: no orders. Promise.all: nothing.",
    );
    await page.getByRole("button", { name: "Next event" }).click();
    expect(await slider().inputValue()).toBe("300");
  });

  it("passes at the chosen speed", async () => {
    await open();
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1000);
    await page.getByLabel("Speed").selectOption("12 times slower");

    await page.getByRole("button", { name: "Run" }).click();
    await page.clock.runFor(1200);
    const time = Number(await slider().inputValue());
    await page.getByRole("button", { name: "Pause" }).click();
    await page.clock.runFor(1200);

    expect(time).toBeGreaterThan(50);
    expect(time).toBeLessThanOrEqual(100);
    expect(Number(await slider().inputValue())).toBe(time);

    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await page.clock.runFor(12 * 500);

    expect(await slider().inputValue()).toBe("500");
    await page.getByRole("button", { name: "Run" }).waitFor();
  });

  it("jumps to the end with reduced motion", async () => {
    await open("", { reducedMotion: "reduce" });
    await slider().fill("0");

    await page.getByRole("button", { name: "Run" }).click();

    expect(await slider().inputValue()).toBe("500");
    expect(await page.getByRole("button", { name: "Pause" }).count()).toBe(0);
  });
});

describe("the keyboard", () => {
  /** Presses Tab until the target has the focus; checks that the focus is visible. */
  async function tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < 100; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) {
        expect(await target.evaluate((element) => getComputedStyle(element).outlineStyle)).not.toBe("none");
        return;
      }
      await page.keyboard.press("Tab");
    }
    throw new Error(`expected Tab to lead to ${String(target)}, but it did not in 100 presses`);
  }

  it("does everything that a mouse does", async () => {
    await open();

    await tabTo(page.getByRole("button", { name: "Time is up" }));
    await page.keyboard.press("Enter");
    await expectShown(preset("timeout"));

    await page.getByRole("button", { name: "Time is up" }).focus();
    await tabTo(page.getByRole("button", { name: "Back one event" }));
    await page.keyboard.press("Space");
    expect(await slider().inputValue()).toBe("310");

    await tabTo(slider());
    await page.keyboard.press("ArrowLeft");
    expect(await slider().inputValue()).toBe("300");
    await page.keyboard.press("Home");
    expect(await slider().inputValue()).toBe("0");
    await page.keyboard.press("End");

    await tabTo(page.getByLabel("First primitive"));
    await page.keyboard.press("m");
    await page.keyboard.press("a");
    const { second, workload } = preset("timeout");
    await expectShown({ first: "map", second, workload });

    await tabTo(field("takes", "user"));
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Tab");
    expect(await field("takes", "user").inputValue()).toBe("160");

    await tabTo(field("ignores cancellation", "orders"));
    await page.keyboard.press("Space");
    await page.waitForURL(/tasks=160-400ic60-500/);
  });
});

describe.each(["light", "dark"] as const)("the playground in its %s theme", (colorScheme) => {
  it.each([
    ["ignores", 1440],
    ["limit", 360],
  ])("has nothing that axe finds fault with: preset %s, %d pixels wide", async (id, width) => {
    await open(`?preset=${id}`, { colorScheme, viewport: { width, height: 900 } });
    await page.locator("details.trace summary").click();

    const { violations } = await new AxeBuilder({ page }).include(".playground").analyze();

    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
  });
});

describe("a narrow screen", () => {
  it("is wide enough for each preset", async () => {
    await open("", { viewport: { width: 360, height: 780 } });

    for (const { title, setup } of presets) {
      await page.getByRole("button", { name: title }).click();
      await expectShown(setup);

      expect(await page.evaluate(() => document.documentElement.scrollWidth), title).toBe(360);
    }
  });
});
