import { inspect, isDeepStrictEqual } from "node:util";
import type { ShutdownReport, SupervisorStats } from "@selvage/supervisor";
import type { Books, Entry } from "./books.js";
import type { Sent } from "./client.js";
import { outcomes } from "./kind.js";
import type { Plan } from "./plan.js";
import type { Pool } from "./pool.js";

/** The accounts at the end of a round. */
export interface Accounts {
  readonly plan: Plan;
  readonly books: Books;
  readonly pool: Pool;
  readonly sent: readonly Sent[];
  /** The reports for all callers of `shutdown` except requesters. At least one. */
  readonly reports: readonly ShutdownReport[];
  readonly stats: SupervisorStats;
}

/** Compares the counts of the service with those of the supervisor and the clients. Returns a line for each discrepancy. */
export function audit(accounts: Accounts): string[] {
  const { books, sent, reports } = accounts;
  const { abandoned } = reports[0]!;
  return [
    ...books.odd,
    ...books.entries.flatMap((entry) => auditTask(entry, abandoned.includes(entry.name))),
    ...sent.flatMap((request) => auditAnswer(request, books, abandoned)),
    ...auditNumbers(accounts),
    ...auditNames(accounts),
  ];
}

/** A task ends as expected, and `onError` is called once for each of its failures. */
function auditTask(entry: Entry, isAbandoned: boolean): string[] {
  const { name, kind, failures, reported, status } = entry;
  const lost: string[] = [];
  if (failures.length !== reported.length || reported.some(({ error }, index) => error !== failures[index])) {
    lost.push(`"${name}" failed ${failures.length} times, onError was called ${reported.length} times`);
  }
  const next = reported.at(-1)?.restartsIn;
  if (failures.length > 0 && (status === "rejected") !== (next === undefined)) {
    lost.push(`"${name}" ended as ${status}; the last call of onError said that it would be started in ${next} ms`);
  }
  if (reported.some(({ attempt }, index) => attempt !== index + 1)) lost.push(`"${name}": onError skipped a run`);
  if (status === "pending") lost.push(`"${name}" has not ended`);
  if (kind === undefined || isAbandoned) return lost;
  const { ends, answer } = outcomes[kind];
  const outcome = `${status} ${entry.answer}`;
  const expected = [`${ends} ${answer}`];
  if (entry.endedInShutdown) expected.push("cancelled 503");
  if (entry.endedInShutdown && kind === "unclean") expected.push("rejected 500");
  if (!expected.includes(outcome)) lost.push(`"${name}": expected ${expected.join(" or ")}, got ${outcome}`);
  return lost;
}

/** The client gets what the server sent. */
function auditAnswer({ name, answer }: Sent, books: Books, abandoned: readonly string[]): string[] {
  if (abandoned.includes(name)) return [];
  const want = books.refused.includes(name) ? 503 : books.entry(name)?.answer;
  return differences(`the answer to "${name}"`, answer, want);
}

/** The numbers of `stats()` and of the reports equal those of the books. */
function auditNumbers({ books, pool, reports, stats }: Accounts): string[] {
  const [report, ...others] = reports as [ShutdownReport];
  const inReport = books.entries.filter((entry) => entry.endedInShutdown && !report.abandoned.includes(entry.name));
  const restarts = Math.max(0, (books.entry("worker")?.runs ?? 0) - 1);
  const { requestersReport: early } = books;
  return [
    ...differences("the numbers of the report", numbersOf(report), tally(inReport)),
    ...(early === undefined
      ? []
      : differences(
          "the report of the task that asked",
          numbersOf(early),
          tally(inReport.filter(({ kind }) => kind !== "stop")),
        )),
    ...others.flatMap((other) => differences("the report of another caller", other, report)),
    ...differences("stats()", stats, { running: 0, queued: 0, restarting: 0, ...tally(books.entries), restarts }),
    ...differences("uses of the pool after it was closed", pool.usesAfterClose, 0),
    ...differences("what run resolved with", books.outcome?.value, books.outcome?.returned),
    ...(books.stops > 1 ? [`the listener of onShutdown was called ${books.stops} times`] : []),
  ];
}

/** An abandoned task is named once, and only if the time was up; nothing else is live when the pool is closed. */
function auditNames({ plan, books, pool, sent, reports }: Accounts): string[] {
  const { abandoned } = reports[0]!;
  const clients = new Set(sent.map(({ name }) => name));
  const received = books.entries.filter(({ kind }) => kind !== undefined).map(({ name }) => name);
  const mayBe = ({ name, kind }: Entry): boolean =>
    plan.drain.timeout !== undefined ||
    (plan.stubborn === "abandon" && (name === "pool" || /^stubborn|^stop/.test(String(kind))));
  const allowed = new Set(books.entries.filter(mayBe).map(({ name }) => name));
  return [
    ...differences("names of abandoned tasks", [...abandoned], [...new Set(abandoned)]),
    ...differences(
      "abandoned with time left",
      abandoned.filter((name) => !allowed.has(name)),
      [],
    ),
    ...differences(
      "live when the pool was closed",
      pool.liveAtClose.filter((name) => !abandoned.includes(name)),
      [],
    ),
    ...differences(
      "requests of no client",
      [...received, ...books.refused].filter((name) => !clients.has(name)),
      [],
    ),
  ];
}

type Numbers = Pick<ShutdownReport, "completed" | "failed" | "cancelled">;

function numbersOf({ completed, failed, cancelled }: ShutdownReport): Numbers {
  return { completed, failed, cancelled };
}

/** The number of tasks for each outcome, in the form of the report. */
function tally(entries: readonly Entry[]): Numbers {
  const count = (status: Entry["status"]): number => entries.filter((entry) => entry.status === status).length;
  return { completed: count("fulfilled"), failed: count("rejected"), cancelled: count("cancelled") };
}

function differences(what: string, got: unknown, want: unknown): string[] {
  if (isDeepStrictEqual(got, want)) return [];
  const [found, expected] = [got, want].map((value) => inspect(value, { depth: 1, breakLength: Infinity }));
  return [`${what}: expected ${expected}, got ${found}`];
}
