import { retry } from "@selvage/retry";
import { type CancelScope, Keyed, RateLimiter } from "@selvage/semaphore";
import { TaskGroup } from "@selvage/task-group";
import { BusyError, type Site } from "./site.js";

/** Visits every page once: three at a time, one per 50 ms and host, and three attempts for each. A cancellation stops it. */
export async function crawl(start: string, site: Site, parent: CancelScope): Promise<number> {
  const { clock } = parent;
  const seen = new Set<string>();
  const hosts = new Keyed((host: string) => new RateLimiter({ rate: 1, per: 50, name: host, clock }));
  const delayFor = (error: unknown): number | undefined => (error instanceof BusyError ? error.retryAfter : undefined);

  await TaskGroup.run(
    (group) => {
      const visit = (url: string): void => {
        if (seen.has(url)) return;
        seen.add(url);
        group.createTask(async (scope) => {
          await hosts.take(scope, new URL(url).host);
          const links = await retry((attempt) => site.get(url, attempt), { parent: scope, delayFor });
          for (const link of links) visit(link);
        });
      };
      visit(start);
    },
    { parent, limit: 3 },
  );
  return seen.size;
}
