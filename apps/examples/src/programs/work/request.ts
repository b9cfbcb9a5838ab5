import type { CancelScope, Clock } from "@selvage/scope";
import { moveOnAfter, timeout } from "@selvage/timeout";

/*
 * A request has 100 ms for its page. The page needs a query, which is made in a function far below, and takes 300 ms.
 */

/** What everything below a request is handed, whether it needs it or not. */
export interface Context {
  readonly out: (line: string) => void;
  readonly clock?: Clock | undefined;
  /** What the query is to belong to. Default: the enclosing scope where there is such a thing, else nothing. */
  readonly parent?: CancelScope | undefined;
}

export async function request(context: Context, handsDownItsScope = false): Promise<void> {
  const { out, clock } = context;
  const page = await moveOnAfter(
    100,
    ({ scope }) => renderPage(handsDownItsScope ? { ...context, parent: scope } : context),
    { clock },
  );
  out(page === undefined ? "  no page, and the client is told so in time" : `  ${page}, and the client has left`);
}

async function renderPage(context: Context): Promise<string> {
  const rows = await query(context);
  return `a page of ${rows} rows`;
}

async function query({ out, clock, parent }: Context): Promise<number> {
  return timeout(
    5_000,
    async ({ scope }) => {
      try {
        await scope.sleep(300);
        out("  the query has run to its end");
        return 42;
      } catch (error) {
        out("  the query was cancelled");
        throw error;
      }
    },
    { clock, parent },
  );
}
