import { Flights } from "@selvage/flight";
import { CancelScope } from "@selvage/scope";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * Three requests want the same report at the same time. The client of the first one hangs up.
 *
 * Look at: what the other two get. A map of promises with the first caller's signal gives them that caller's abort, and without a signal the query runs on
 * when nobody wants it any longer. A flight belongs to the service: a caller's cancellation ends only its own wait, and the query is cancelled when the
 * last caller has left.
 */
export const program: Program = {
  name: "flights",
  description: "three requests want the same report: one query, which one client's abort does not end",
  async run(stage) {
    await withMap(stage);
    await withFlights(stage);
  },
};

async function withMap({ out, clock }: Stage): Promise<void> {
  out("a map of promises");
  const timers = new NativeTimers(clock);
  const pending = new Map<string, Promise<string>>();
  const get = (signal: AbortSignal): Promise<string> => {
    let report = pending.get("report");
    if (report === undefined) {
      report = query(timers, out, signal).finally(() => pending.delete("report"));
      pending.set("report", report);
    }
    return report;
  };
  const clients = [1, 2, 3].map(() => new AbortController());
  const answers = clients.map(({ signal }) => get(signal));
  await timers.sleep(10);
  clients[0]!.abort(new Error("client 1 has hung up"));
  await print(answers, out);
}

async function withFlights({ out, clock }: Stage): Promise<void> {
  out("flights");
  const reports = new Flights<string, string>({ clock });
  const clients = [1, 2, 3].map(() => new CancelScope({ clock }));
  const answers = clients.map((scope) => reports.get(scope, "report", (_, own) => query(own, out, own.signal)));
  using rest = new CancelScope({ clock });
  await rest.sleep(10);
  clients[0]!.cancel("client 1 has hung up");
  await print(answers, out);

  out("flights, and all hang up");
  const impatient = [1, 2].map(() => new CancelScope({ clock }));
  const waits = impatient.map((scope) => reports.get(scope, "report", (_, own) => query(own, out, own.signal)));
  await rest.sleep(10);
  for (const scope of impatient) scope.cancel("hung up");
  await print(waits, out);
}

/** Takes 50 ms. */
async function query(where: Sleeper, out: (line: string) => void, signal: AbortSignal): Promise<string> {
  out("  the query begins");
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
  try {
    await Promise.race([where.sleep(50), aborted]);
    return "the report";
  } finally {
    out("  the query has ended");
  }
}

async function print(answers: readonly Promise<string>[], out: (line: string) => void): Promise<void> {
  const outcomes = await Promise.allSettled(answers);
  for (const [index, outcome] of outcomes.entries()) {
    out(`  client ${index + 1}: ${outcome.status === "fulfilled" ? outcome.value : String(outcome.reason)}`);
  }
}
