import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import {
  describeStage,
  momentsOf,
  pipelineSummary,
} from "../../../.vitepress/theme/playground/engine/pipeline/narrate.js";
import type { Plan } from "../../../.vitepress/theme/playground/engine/pipeline/plan.js";
import { pipelinePresets } from "../../../.vitepress/theme/playground/engine/pipeline/presets.js";
import { recordPipeline } from "../../../.vitepress/theme/playground/engine/pipeline/record.js";
import { planOf } from "../../../.vitepress/theme/playground/engine/pipeline/share.js";
import { pipelineProgram } from "../../../.vitepress/theme/playground/engine/pipeline/source.js";
import { launch, phone, Visitor } from "../../browser.js";

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

/** Opens the pipeline with a fresh profile, and waits until a run is shown. */
async function open(query = "", options: BrowserContextOptions = {}): Promise<void> {
  visitor = await Visitor.in(browser, options);
  page = await visitor.visit(`/playground/pipeline${query}`);
  await status().filter({ hasText: "control back" }).waitFor({ state: "attached" });
}

const status = (): Locator => page.getByRole("status");
const slider = (): Locator => page.getByRole("slider", { name: "Time" });
const takes = (stage: string): Locator => page.getByRole("group", { name: stage, exact: true }).getByLabel("takes");
/** The box of a stage in the picture of the present moment, which is not in the accessibility tree. */
const box = (index: number): Locator => page.locator(".now-stage").nth(index);

/** Types into a field, and leaves it. */
async function type(field: Locator, text: string): Promise<void> {
  await field.fill(text);
  await field.blur();
}

/** Expects the result of the same engine outside the browser. */
async function expectShown(plan: Plan): Promise<void> {
  const recording = await recordPipeline(pipelineProgram(plan));
  await status()
    .filter({ hasText: pipelineSummary(plan, recording) })
    .waitFor({ state: "attached" });
  const details = page.locator("details.trace");
  if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
  const rows = await page.getByRole("table").getByRole("row").all();
  const shown = await Promise.all(rows.map((row) => row.locator("th, td").allInnerTexts()));
  expect(shown).toEqual([
    ["Time", "read", "lines", "transform", "rows", "write", "Written"],
    ...momentsOf(recording).map(({ at, moment: { stages, buffers, written } }) => [
      `${at} ms`,
      ...stages.flatMap((stage, i) => [
        describeStage(stage).slice(stage.stage.length + 1),
        ...(buffers[i] === undefined ? [] : [buffers[i].join(", ") || "empty"]),
      ]),
      String(written),
    ]),
  ]);
}

describe("the pipeline", () => {
  it("shows each preset, with the same result as elsewhere", async () => {
    await open("?preset=fails");

    for (const { title, plan } of pipelinePresets) {
      await page.getByRole("button", { name: title }).click();

      await expectShown(plan);
      expect(await page.getByRole("button", { pressed: true }).allInnerTexts()).toEqual([title]);
    }
  });

  it("shows that a slow stage pushes back (Q2)", async () => {
    await open();

    await slider().fill("200");

    expect(await box(0).innerText()).toMatch(/read\s+8\s+waits for room/);
    expect(await box(1).innerText()).toMatch(/transform\s+5\s+works/);
    expect(await box(2).innerText()).toMatch(/write\s+2\s+works/);
    expect(await page.locator(".now-buffer").allInnerTexts()).toEqual([
      expect.stringMatching(/lines, full\s+7\s+6/),
      expect.stringMatching(/rows, full\s+4\s+3/),
    ]);
    expect(await slider().getAttribute("aria-valuetext")).toBe(
      "200 ms. read has 8, and waits for room. lines holds 6, 7. transform works on 5. rows holds 3, 4. write works on 2. 1 written.",
    );
  });

  it("shows the error that the caller gets, when the stages have stopped", async () => {
    await open("?preset=fails");

    expect(await page.getByRole("heading", { name: "Control back" }).innerText()).toBe(
      "Control back after 320 ms, with an error",
    );
    expect(await page.locator(".outcome pre").innerText()).toBe(
      'ExceptionGroup: 1 task failed in a TaskGroup: transform: line 5 is damaged\n└── 1: task "transform": Error: line 5 is damaged',
    );

    await slider().fill("310");

    expect(await page.locator(".outcome pre").isVisible()).toBe(false);
  });

  it("shows exactly the text that it runs", async () => {
    await open("?preset=fails");

    expect(await page.locator(".sources > figure pre").evaluate((element) => element.textContent)).toBe(
      pipelineProgram(planOf("?preset=fails")).trimEnd(),
    );
  });

  it("shows the form and the code before any script has run", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    await page.goto(`${inject("site")}/playground/pipeline`);

    expect(await page.getByLabel("takes").count()).toBe(3);
    expect(await page.locator(".code").first().innerText()).toContain("produce(");
    await context.close();
  });

  it("is one click away from the playground, and back", async () => {
    await open();

    await page.getByRole("link", { name: "Two primitives" }).click();
    await page.getByRole("heading", { level: 1, name: "Playground" }).waitFor();
    await page.getByRole("link", { name: "A pipeline" }).click();

    await page.getByRole("heading", { level: 1, name: "A pipeline" }).waitFor();
  });
});

describe("the form of the pipeline", () => {
  it("changes the stages, the capacity, the items and the failure", async () => {
    await open();

    await type(takes("read"), "50");
    await type(takes("write"), "999");
    await page.getByLabel("each channel holds").selectOption("1 item");
    await type(page.getByLabel("items", { exact: true }), "6");
    await page.getByLabel("fails", { exact: true }).check();
    await type(page.getByLabel("fails at item"), "9");

    await expectShown({ items: 6, capacity: 1, takes: { read: 50, transform: 40, write: 200 }, failsAt: 6 });
    expect(await takes("write").inputValue()).toBe("200");
    await page.waitForURL(/items=6&capacity=1&read=50&transform=40&write=200&fails=6/);
  });

  it("is restored by a link", async () => {
    await open("?items=3&capacity=Infinity&read=10&transform=60&write=30");

    await expectShown({
      items: 3,
      capacity: Infinity,
      takes: { read: 10, transform: 60, write: 30 },
      failsAt: undefined,
    });
    expect(await takes("transform").inputValue()).toBe("60");
  });

  it.each(["?items=%00&capacity=2.5&read=NaN", "?%", "?preset=__proto__#<b>"])("may be garbage: %s", async (query) => {
    await open(query);

    await expectShown(pipelinePresets[0].plan);
  });
});

describe("the keyboard in the pipeline", () => {
  /** Presses Tab until the target has the focus; checks that the focus is visible. */
  async function tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      if (await target.evaluate((element) => element === document.activeElement)) {
        expect(await target.evaluate((element) => getComputedStyle(element).outlineStyle)).not.toBe("none");
        return;
      }
      await page.keyboard.press("Tab");
    }
    throw new Error(`expected Tab to lead to ${String(target)}, but it did not in 60 presses`);
  }

  it("does everything that a mouse does", async () => {
    await open();

    await tabTo(page.getByRole("link", { name: "Two primitives" }));
    await tabTo(page.getByRole("button", { name: "A slow source" }));
    await page.keyboard.press("Enter");
    await expectShown(planOf("?preset=slow-start"));

    await page.getByRole("button", { name: "A slow source" }).focus();
    await tabTo(page.getByRole("button", { name: "Back one event" }));
    await page.keyboard.press("Space");
    expect(await status().innerText()).toMatch(/^860 ms\. read has returned\. lines is empty\./);

    await tabTo(slider());
    await page.keyboard.press("Home");
    expect(await slider().inputValue()).toBe("0");
    await page.keyboard.press("End");

    await tabTo(takes("read"));
    await page.keyboard.press("ArrowUp");
    await tabTo(page.getByLabel("each channel holds"));
    await page.keyboard.press("ArrowUp");
    await page.waitForURL(/capacity=1&read=110/);
  });
});

describe.each(["light", "dark"] as const)("the pipeline in its %s theme", (colorScheme) => {
  it.each([
    ["fails", 1440],
    ["slow-end", 360],
  ])("has nothing that axe finds fault with: preset %s, %d pixels wide", async (id, width) => {
    await open(`?preset=${id}`, { colorScheme, viewport: { width, height: 900 } });
    await page.locator("details.trace summary").click();

    const { violations } = await new AxeBuilder({ page }).include(".playground").analyze();

    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([]);
  });
});

describe("the pipeline on a narrow screen", () => {
  it("is wide enough for each preset", async () => {
    await open("", { viewport: phone });

    for (const { title, plan } of pipelinePresets) {
      await page.getByRole("button", { name: title }).click();
      await expectShown(plan);

      expect(await page.evaluate(() => document.documentElement.scrollWidth), title).toBe(360);
    }
  });
});
