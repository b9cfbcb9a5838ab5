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

/** Starts the Chromium in `CHROMIUM`, or Debian's. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args });
}

/** Visits pages of the site, and checks that no page logs an error or sends a request to another host. */
export class Visitor {
  readonly #page: Page;
  /** The pages that were opened for this visit. */
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

  /** Uses a fresh profile of the browser. */
  static async in(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
    const profile = await browser.newContext({ viewport: desk, ...options });
    return new Visitor(await profile.newPage(), profile);
  }

  /** Uses a shared profile, so that files are not loaded again. */
  static async with(profile: BrowserContext): Promise<Visitor> {
    const page = await profile.newPage();
    return new Visitor(page, page);
  }

  /** Opens a page, and waits until it is hydrated. */
  async visit(path: string): Promise<Page> {
    await this.#page.goto(inject("site") + path, { waitUntil: "load" });
    await this.#page.waitForFunction(() => "__vue_app__" in document.querySelector("#app")!);
    return this.#page;
  }

  /** Closes the pages; fails if a page logged an error. */
  async leave(): Promise<void> {
    await this.#opened.close();
    expect(this.#complaints).toEqual([]);
  }
}
