import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { launch, phone, Visitor } from "./browser.js";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

describe("search", () => {
  it.each([
    ["moveOnAfter", "/api/timeout/functions/moveOnAfter"],
    ["gatherSettled", "/api/task-group/functions/gatherSettled"],
    ["T7", "/guides/semantics#T7"],
  ])("finds %s", async (text, path) => {
    const visitor = await Visitor.in(browser);
    const page = await visitor.visit("/");
    await page.keyboard.press("Control+k");
    await page.getByRole("searchbox").fill(text);
    const links = page.locator(".VPLocalSearchBox .result");
    await links.first().waitFor();
    const found = await links.evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
    expect(found.some((href) => href.startsWith(inject("site") + path))).toBe(true);
    await visitor.leave();
  });
});

describe("the comparison table", () => {
  it("is on the first screen of a desktop, complete and beside the decision path", async () => {
    const visitor = await Visitor.in(browser);
    const page = await visitor.visit("/which/");
    const table = page.getByRole("region", { name: "Comparison" });
    const { y, height } = (await table.boundingBox())!;
    expect(y).toBeGreaterThan(0);
    expect(y + height).toBeLessThan(900);
    expect(await table.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
    await visitor.leave();
  });

  it("scrolls horizontally on a phone, and keeps the names of its rows visible", async () => {
    const visitor = await Visitor.in(browser, { viewport: phone });
    const page = await visitor.visit("/which/");
    const table = page.getByRole("region", { name: "Comparison" });
    const name = table.getByRole("rowheader", { name: "TaskGroup" });
    const before = (await name.boundingBox())!;
    await table.evaluate((element) => {
      element.scrollLeft = element.scrollWidth;
    });
    expect(await table.evaluate((element) => element.scrollLeft)).toBeGreaterThan(300);
    expect((await name.boundingBox())!.x).toBeCloseTo(before.x, 0);
    expect((await table.getByRole("columnheader", { name: "safe to leave early" }).boundingBox())!.x).toBeLessThan(360);
    await visitor.leave();
  });

  it("links a cell to its rule and to its program", async () => {
    const visitor = await Visitor.in(browser);
    const page = await visitor.visit("/which/");
    const row = page.getByRole("row", { name: /^TaskGroup/ });
    await row.getByRole("link", { name: "T2" }).first().click();
    await page.waitForURL("**/guides/semantics#T2");
    await page.getByRole("heading", { name: "T2 ·" }).waitFor();
    await page.goBack();
    await row.getByRole("link", { name: "yes: the probe" }).first().click();
    await page.waitForURL("**/which/probes/cleanup");
    await page.getByRole("heading", { name: "The program" }).waitFor();
    await visitor.leave();
  });
});

describe("the theme", () => {
  it("stays as chosen on the next page", async () => {
    const visitor = await Visitor.in(browser, { colorScheme: "light" });
    const page = await visitor.visit("/");
    await page.getByRole("switch", { name: /dark theme/ }).click();
    await page.locator("html.dark").waitFor({ state: "attached" });
    await (await visitor.visit("/guides/timeouts")).locator("html.dark").waitFor({ state: "attached" });
    await visitor.leave();
  });
});
