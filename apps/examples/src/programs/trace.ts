import type { CancelScope } from "@selvage/scope";
import { Semaphore } from "@selvage/semaphore";
import { TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import { traceTo } from "@selvage/trace";
import type { Program, Stage } from "../program.js";

/*
 * A page is loaded, and its limit passes. Two queries share one connection, so that one of them waits for it.
 *
 * Look at: the trace says for what `prices` waited, and from which scope the cancellation came. The program does not contain a line for that. Written to a
 * file, Perfetto draws it: `traceTo(createWriteStream("trace.json"))`.
 */
export const program: Program = {
  name: "trace",
  description: "a trace file: what ran when, what it waited for, and what a timeout cancelled",
  async run(stage) {
    let text = "";
    const trace = traceTo((part) => void (text += part), { clock: stage.clock });
    try {
      await loadPage(stage);
    } catch (error) {
      stage.out(`the page: ${String(error)}`);
    }
    await trace[Symbol.asyncDispose]();
    print(JSON.parse(text) as Event[], stage);
  },
};

async function loadPage({ clock }: Stage): Promise<void> {
  const connection = new Semaphore(1, { name: "connection" });
  const query = async (scope: CancelScope): Promise<void> => {
    const permit = await connection.acquire(scope);
    try {
      await scope.sleep(70);
    } finally {
      permit.release();
    }
  };
  await timeout(
    100,
    ({ scope }) =>
      TaskGroup.run(
        (page) => {
          page.createTask(query, { name: "stock" });
          page.createTask(query, { name: "prices" });
        },
        { parent: scope, name: "page" },
      ),
    { clock, name: "limit" },
  );
}

/** What is read of an event of a trace file. */
interface Event {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly id2?: { readonly local: string };
  readonly args?: { readonly for?: string; readonly status?: string; readonly reason?: string };
}

function print(events: readonly Event[], { out }: Stage): void {
  const scopes = new Map<string, string>();
  const start = events.find(({ ph }) => ph === "b")?.ts ?? 0;
  for (const { name, ph, ts, id2, args } of events) {
    if (id2 === undefined) continue; // metadata, or a counter
    const scope = scopes.get(id2.local) ?? name;
    scopes.set(id2.local, scope);
    const verb = { b: "begins", e: "ends", n: "" }[ph] ?? ph;
    const detail = args?.for ?? args?.status ?? args?.reason ?? "";
    const what = scope === name ? verb : `${name} ${verb}`;
    const time = String(Math.round((ts - start) / 1_000)).padStart(4);
    out(`${time} ms  ${scope}: ${`${what} ${detail}`.trim().replace(/\s+/g, " ")}`);
  }
}
