import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { desk, launch, phone, Visitor } from "./browser.js";
import { builtPages } from "./built-pages.js";

let browser: Browser;
let profile: BrowserContext;

beforeAll(async () => {
  browser = await launch();
  profile = await browser.newContext({ viewport: desk });
});

afterAll(() => browser.close());

const pages = builtPages();
// The pages of the reference are generated in the same way, so these are a sample of the functions and types.
const isLikeOthers = (page: string): boolean =>
  /^\/api\/.*\/(functions|interfaces|type-aliases|variables)\/(?!gather$|Task$)/.test(page);

describe("every page", () => {
  it.each(pages)("%s loads without errors, and fits a phone", async (path) => {
    const visitor = await Visitor.with(profile);
    const page = await visitor.visit(path);
    await page.setViewportSize(phone);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    await visitor.leave();
  });
});

describe("every kind of page", () => {
  it.each(pages.filter((page) => !isLikeOthers(page)))(
    "%s is accessible in both themes, and on a phone",
    async (path) => {
      const visitor = await Visitor.with(profile);
      const page = await visitor.visit(path);
      // During the transition from one theme to the other, colours have the contrast of neither.
      await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important; }" });
      expect(await violations(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.locator("html.dark").waitFor({ state: "attached" });
      expect(await violations(page, ["color-contrast"])).toEqual([]);
      await page.setViewportSize(phone);
      expect(await violations(page, ["color-contrast", "scrollable-region-focusable"])).toEqual([]);
      await visitor.leave();
    },
  );
});

/** The problems that axe finds, each with its elements. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, any, all }) => `${id} ${target.join(" ")}: ${[...any, ...all].map(({ message }) => message).join()}`,
    ),
  );
}
