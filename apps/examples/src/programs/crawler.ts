import { CancelScope } from "@selvage/scope";
import type { Program, Stage } from "../program.js";
import { crawl } from "./work/crawl.js";
import { crawlByHand } from "./work/crawl-by-hand.js";
import { Site } from "./work/site.js";

/*
 * A crawler visits every page of two hosts once: three pages at a time, one per 50 ms and host, and up to three attempts for a server that is busy. Then
 * a page hangs, and the crawler is cancelled.
 *
 * Look at: the two functions, work/crawl-by-hand.ts and work/crawl.ts. They do the same. The first one writes a queue, a limit, a rate limit, a retry and
 * a way to stop all of it; the second one says which.
 */
export const program: Program = {
  name: "crawler",
  description: "a crawler with a limit, a rate limit per host and retries: 50 lines by hand, 29 with the packages",
  async run(stage) {
    const { clock } = new CancelScope({ clock: stage.clock });
    const byHand = async (site: Site, scope: CancelScope): Promise<number> =>
      crawlByHand(start, site, scope.signal, clock);
    await visit("by hand", byHand, stage);
    await visit("with the packages", (site, scope) => crawl(start, site, scope), stage);
  },
};

const start = "https://a.test/";

type Crawl = (site: Site, scope: CancelScope) => Promise<number>;

async function visit(title: string, crawl: Crawl, { out, clock }: Stage): Promise<void> {
  out(title);
  const site = new Site({ busy: ["https://b.test/"] });
  using scope = new CancelScope({ clock });
  const began = scope.clock.now();
  const pages = await crawl(site, scope);
  out(`  ${pages} pages, ${site.asked.length} requests, ${site.most} at a time, in ${scope.clock.now() - began} ms`);

  const hanging = new Site({ hangs: "https://a.test/2" });
  const impatient = new CancelScope({ clock, deadline: scope.clock.now() + 500 });
  try {
    await crawl(hanging, impatient);
  } catch (error) {
    out(`  ${String(error)}; ${hanging.open} requests are left`);
  }
}
