import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, Visitor } from "./browser.js";
import { builtPages } from "./built-pages.js";

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(() => browser.close());

describe("every page", () => {
  it.each(builtPages())("%s loads without complaint, is accessible in both themes, and fits a phone", async (path) => {
    const visitor = await Visitor.in(browser);
    const page = await visitor.visit(path);

    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.locator("html.dark").waitFor({ state: "attached" });
    expect(await violations(page, ["color-contrast"])).toEqual([]);

    await page.setViewportSize({ width: 360, height: 800 });
    expect(await widest(page)).toBeLessThanOrEqual(360);
    expect(await violations(page)).toEqual([]);

    await visitor.leave();
  });
});

/** What axe objects to, each with the elements. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, any, all }) => `${id} ${target.join(" ")}: ${[...any, ...all].map(({ message }) => message).join()}`,
    ),
  );
}

/** How far the page reaches to the right: more than the window, and it scrolls sideways. */
async function widest(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth);
}
