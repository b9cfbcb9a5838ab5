import type { CancelScope, Clock } from "@selvage/scope";
import { moveOnAfter, timeout } from "@selvage/timeout";

/*
 * A request has 100 ms for its page. The page needs a query, which takes 300 ms and is made in a deeply nested
 * function.
 */

/** What every function below a request receives. */
export interface Context {
  readonly out: (line: string) => void;
  readonly clock?: Clock | undefined;
  /** The parent of the query. Default: the enclosing scope with ambient scopes, otherwise none. */
  readonly parent?: CancelScope | undefined;
}

export async function request(context: Context, passesScopeOn = false): Promise<void> {
  const { out, clock } = context;
  const page = await moveOnAfter(
    100,
    ({ scope }) => renderPage(passesScopeOn ? { ...context, parent: scope } : context),
    { clock },
  );
  out(page === undefined ? "  no page, and the client is informed in time" : `  ${page}, and the client has left`);
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
