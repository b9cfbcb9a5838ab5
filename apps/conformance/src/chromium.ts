import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { bundleContract, bundlePackages } from "./bundle.js";
import type { Outcome } from "./outcomes.js";

/** Serves the page and its module without network: no request leaves the machine, and everything else is switched off. */
const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--js-flags=--expose-gc",
];
const origin = "https://contract.test/";

/** Runs the contract in a page. */
export async function runOnChromium(
  executablePath: string,
  project: string,
): Promise<{ readonly version: string; readonly outcomes: Outcome[] }> {
  const contract = join(project, "contract.page.mjs");
  const file = join(project, "page.mjs");
  await bundleContract(contract, { part: "contract", host: "page", target: "esnext" });
  await bundlePackages(contract, file);
  const browser = await chromium.launch({ executablePath, args, headless: true });
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.route(`${origin}**`, (route) =>
      route.request().url().endsWith(".mjs")
        ? route.fulfill({ contentType: "text/javascript", body: readFileSync(file, "utf8") })
        : route.fulfill({ contentType: "text/html", body: '<script type="module" src="/page.mjs"></script>' }),
    );
    await page.goto(origin, { waitUntil: "load" });
    const outcomes = await page.evaluate<Outcome[] | undefined>("globalThis.outcomes");
    if (outcomes === undefined) throw new Error(`expected the contract to run, got ${complaints.join("\n")}`);
    return { version: browser.version(), outcomes };
  } finally {
    await browser.close();
  }
}
