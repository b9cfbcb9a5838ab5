import { describe, expect, it } from "vitest";
import { type Accounts, audit } from "../src/audit.js";
import { Books, type Entry } from "../src/books.js";
import type { Sent } from "../src/client.js";
import type { Kind } from "../src/kind.js";
import { type Plan, planRound } from "../src/plan.js";
import { Pool } from "../src/pool.js";

type Changing<T> = { -readonly [K in keyof T]: T[K] };
type GoodAccounts = Omit<Changing<Accounts>, "sent" | "stats"> & { sent: Sent[]; stats: Changing<Accounts["stats"]> };

/**
 * Accounts of a round in which a request was answered, one failed, one was cancelled, one abandoned and one refused,
 * and the worker failed once.
 */
function goodAccounts(): GoodAccounts {
  const books = new Books();
  const request = (name: string, kind: Kind, status: Entry["status"], answer?: number): void => {
    const entry = books.add(name, kind);
    entry.runs = 1;
    entry.answer = answer;
    books.ended(entry, status, name !== "/plain/0");
  };
  request("/plain/0", "plain", "fulfilled", 200);
  request("/failing/1", "failing", "rejected", 500);
  request("/held/2", "held", "cancelled", 503);
  request("/stubborn/3", "stubborn", "fulfilled");
  books.refuse(books.add("/plain/4", "plain"));
  const worker = books.add("worker");
  worker.runs = 2;
  books.ended(worker, "cancelled", true);
  fail(books.entry("/failing/1")!, undefined);
  fail(worker, 2);
  books.stops = 1;
  const report = { completed: 0, failed: 1, cancelled: 2, abandoned: ["/stubborn/3"], elapsed: 5 };
  const plan: Plan = { ...planRound(1, 10), drain: {}, stubborn: "abandon" };
  const answers: [string, Kind, number | undefined][] = [
    ["/plain/0", "plain", 200],
    ["/failing/1", "failing", 500],
    ["/held/2", "held", 503],
    ["/stubborn/3", "stubborn", undefined],
    ["/plain/4", "plain", 503],
    ["/plain/5", "plain", undefined],
  ];
  return {
    plan,
    books,
    pool: new Pool(),
    sent: answers.map(([name, kind, answer]) => ({ name, kind, answer })),
    reports: [report, { ...report }],
    stats: { running: 0, queued: 0, restarting: 0, completed: 2, failed: 1, cancelled: 2, restarts: 1 },
  };
}

function fail(entry: Entry, restartsIn: number | undefined): void {
  const error = new Error("it fails");
  entry.failures.push(error);
  entry.reported.push({ error, attempt: entry.reported.length + 1, restartsIn });
}

describe("audit", () => {
  it("finds nothing if all accounts agree", () => {
    expect(audit(goodAccounts())).toEqual([]);
  });

  it.each<[string, RegExp, (accounts: GoodAccounts) => void]>([
    [
      "a failure that onError was not called for",
      /"\/failing\/1" failed 1 times, onError was called 0/,
      ({ books }) => books.entry("/failing/1")!.reported.pop(),
    ],
    [
      "a failure that onError was called for twice",
      /"\/failing\/1" failed 1 times, onError was called 2/,
      ({ books }) => {
        const { reported } = books.entry("/failing/1")!;
        reported.push(reported[0]!);
      },
    ],
    [
      "another error than the one that was thrown",
      /"\/failing\/1" failed/,
      ({ books }) => books.entry("/failing/1")!.failures.splice(0, 1, new Error("another")),
    ],
    [
      "a worker that ended though it should run again",
      /"worker" ended as rejected/,
      ({ books }) => (books.entry("worker")!.status = "rejected"),
    ],
    [
      "a run that onError was not called for",
      /"worker": onError skipped a run/,
      ({ books }) =>
        books.entry("worker")!.reported.splice(0, 1, { ...books.entry("worker")!.reported[0]!, attempt: 2 }),
    ],
    [
      "a task that has not ended",
      /"\/held\/2" has not ended/,
      ({ books }) => (books.entry("/held/2")!.status = "pending"),
    ],
    [
      "a request that ended otherwise",
      /"\/plain\/0": expected fulfilled 200, got cancelled 503/,
      ({ books, sent }) => {
        Object.assign(books.entry("/plain/0")!, { status: "cancelled", answer: 503 });
        sent[0] = { ...sent[0]!, answer: 503 };
      },
    ],
    [
      "an answer that did not arrive",
      /the answer to "\/plain\/0": expected 200, got undefined/,
      ({ sent }) => (sent[0] = { ...sent[0]!, answer: undefined }),
    ],
    [
      "a refused request that got no answer",
      /the answer to "\/plain\/4": expected 503/,
      ({ sent }) => (sent[4] = { ...sent[4]!, answer: undefined }),
    ],
    [
      "an answer to a request that the server has not seen",
      /the answer to "\/plain\/5": expected undefined/,
      ({ sent }) => (sent[5] = { ...sent[5]!, answer: 200 }),
    ],
    ["a request of no client", /requests of no client: .*"?\/plain\/0/, ({ sent }) => sent.shift()],
    [
      "a report that does not add up",
      /the numbers of the report/,
      (accounts) => (accounts.reports = accounts.reports.map((report) => ({ ...report, failed: 2 }))),
    ],
    [
      "two reports of one shutdown",
      /the report of another caller/,
      (accounts) => (accounts.reports = [accounts.reports[0]!, { ...accounts.reports[1]!, elapsed: 6 }]),
    ],
    [
      "another report of the task that asked for the shutdown",
      /the report of the task that asked/,
      ({ books, reports }) => (books.requestersReport = { ...reports[0]!, completed: 1 }),
    ],
    ["stats() that do not add up", /stats\(\)/, ({ stats }) => stats.completed++],
    ["restarts that do not add up", /stats\(\)/, ({ stats }) => stats.restarts++],
    ["a task that still runs", /stats\(\)/, ({ stats }) => stats.running++],
    [
      "a name that is abandoned twice",
      /names of abandoned tasks/,
      (accounts) => {
        const abandoned = ["/stubborn/3", "/stubborn/3"];
        accounts.reports = accounts.reports.map((report) => ({ ...report, abandoned }));
      },
    ],
    [
      "a task that is abandoned though there was time",
      /abandoned with time left: .*stubborn/,
      (accounts) => (accounts.plan = { ...accounts.plan, stubborn: "let end" }),
    ],
    ["a use of the pool after it was closed", /uses of the pool/, ({ pool }) => pool.usesAfterClose++],
    ["a task that lived when the pool was closed", /live when the pool/, ({ pool }) => pool.close(["/held/2"])],
    [
      "a value that run did not resolve with",
      /what run resolved with/,
      ({ books }) => (books.outcome = { value: undefined, returned: "value" }),
    ],
    ["a listener that was called twice", /onShutdown was called 2 times/, ({ books }) => books.stops++],
    ["what the service noted", /the poller polls/, ({ books }) => books.odd.push("the poller polls in a shutdown")],
  ])("finds %s", (_, line, change) => {
    const accounts = goodAccounts();
    change(accounts);
    expect(audit(accounts)).toContainEqual(expect.stringMatching(line));
  });

  it("ignores the outcome of an abandoned request, and lets a drain without time abandon any request", () => {
    const accounts = goodAccounts();
    accounts.plan = { ...accounts.plan, drain: { timeout: 0 }, stubborn: "let end" };
    accounts.pool.close(["/stubborn/3"]);
    expect(audit(accounts)).toEqual([]);
  });
});
