import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect, inject } from "vitest";

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const desk = { width: 1440, height: 900 };
export const phone = { width: 360, height: 800 };

/** Starts the Chromium that CHROMIUM names, or Debian's. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args });
}

/** Visits pages of the site, and sees to it that none complains, and none asks anything of another host. */
export class Visitor {
  readonly #page: Page;
  /** What was opened for this visit. */
  readonly #opened: Page | BrowserContext;
  readonly #complaints: string[] = [];

  private constructor(page: Page, opened: Page | BrowserContext) {
    this.#page = page;
    this.#opened = opened;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    page.on("response", (response) => {
      if (response.status() >= 400) this.#complaints.push(`${response.status()} ${response.url()}`);
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (/^https?:$|^wss?:$/.test(url.protocol) && url.origin !== inject("site")) {
        this.#complaints.push(`asks another host: ${request.url()}`);
      }
    });
  }

  /** With a profile of the browser that nobody has used before. */
  static async in(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
    const profile = await browser.newContext({ viewport: desk, ...options });
    return new Visitor(await profile.newPage(), profile);
  }

  /** With a profile that others use as well: what they have loaded need not be loaded again. */
  static async with(profile: BrowserContext): Promise<Visitor> {
    const page = await profile.newPage();
    return new Visitor(page, page);
  }

  /** Opens a page, and waits until it is alive. */
  async visit(path: string): Promise<Page> {
    await this.#page.goto(inject("site") + path, { waitUntil: "load" });
    await this.#page.waitForFunction(() => "__vue_app__" in document.querySelector("#app")!);
    return this.#page;
  }

  /** Closes what was opened; fails where a page complained. */
  async leave(): Promise<void> {
    await this.#opened.close();
    expect(this.#complaints).toEqual([]);
  }
}
