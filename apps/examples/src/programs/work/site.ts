import type { Sleeper } from "../../native-timers.js";

/** The answer of a server that is busy. */
export class BusyError extends Error {
  override readonly name = "BusyError";
  /** When to ask again, in milliseconds. */
  readonly retryAfter: number;

  constructor(url: string, retryAfter: number) {
    super(`503 from ${url}`);
    this.retryAfter = retryAfter;
  }
}

const links: Readonly<Record<string, readonly string[]>> = {
  "https://a.test/": ["https://a.test/1", "https://a.test/2", "https://b.test/"],
  "https://a.test/1": ["https://a.test/", "https://b.test/"],
  "https://a.test/2": ["https://a.test/1"],
  "https://b.test/": ["https://b.test/1", "https://a.test/"],
  "https://b.test/1": [],
};

/** Two hosts with five pages. It counts what it is asked, and may be busy at first, or hang for ever. */
export class Site {
  /** The pages that were asked for, in order. */
  readonly asked: string[] = [];
  /** How many requests have not ended. */
  open = 0;
  /** The most requests at one time. */
  most = 0;
  readonly #busy: Set<string>;
  readonly #hangs: string | undefined;

  constructor({ busy = [], hangs }: { readonly busy?: readonly string[]; readonly hangs?: string } = {}) {
    this.#busy = new Set(busy);
    this.#hangs = hangs;
  }

  /** Returns the links of a page, after 30 ms. */
  async get(url: string, where: Sleeper): Promise<readonly string[]> {
    this.asked.push(url);
    this.most = Math.max(this.most, ++this.open);
    try {
      await where.sleep(url === this.#hangs ? 60_000 : 30);
      if (this.#busy.delete(url)) throw new BusyError(url, 200);
      return links[url]!;
    } finally {
      this.open--;
    }
  }
}
