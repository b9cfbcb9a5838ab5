/** Checks of a Worker that serves several requests at the same time: no request depends on another's timers (S9, C1). */
import { type Outcome, parseOutcomes } from "./outcomes.js";

/** Sends the Worker a request. */
export type Ask = (path: string) => Promise<{ readonly status: number; readonly text: string }>;

interface WorkerCheck {
  /** Default: `@selvage/scope`. */
  readonly package?: string;
  readonly rule: string;
  readonly title: string;
  /** Groups of concurrent requests; each group is sent once the previous one is answered. */
  readonly requests: readonly (readonly string[])[];
}

/** Ten requests at the same time, each with a number. */
const ten = (route: string): readonly string[] => Array.from({ length: 10 }, (_, id) => `/${route}?id=${id}`);

const workerChecks: readonly WorkerCheck[] = [
  {
    rule: "C1",
    title: "two concurrent requests sleep repeatedly",
    requests: [["/sleep", "/sleep"], ["/sleep", "/sleep"], ["/sleep"]],
  },
  { rule: "C1", title: "requests sleep below a scope of the module", requests: [ten("below"), ten("below")] },
  {
    rule: "C1",
    title: "a timeout expires in its own request, and its listeners run there",
    requests: [ten("timeout"), ten("timeout")],
  },
  { rule: "C1", title: "a task's deadline passes in the request that set it", requests: [ten("task"), ten("task")] },
  {
    rule: "C1",
    title: "tasks that wait for a task of another request start in their own",
    requests: [ten("queued"), ten("queued")],
  },
  { rule: "S9", title: "a check in one request does not run anything of another", requests: [ten("check")] },
  {
    rule: "C1",
    title: "waits that outlive their request do not break later ones",
    requests: [ten("abandon"), ten("below"), ["/timeout?id=1", "/sleep"], ten("task")],
  },
  {
    rule: "C1",
    title: "a check sees the latest time of the clock, which may stand still while code runs",
    requests: [["/still", "/still"]],
  },
  {
    package: "@selvage/semaphore",
    rule: "M3",
    title: "requests share a semaphore, and each continues in its own context",
    requests: [ten("semaphore"), ten("semaphore")],
  },
  {
    package: "@selvage/semaphore",
    rule: "M12",
    title: "requests share a rate limiter: each has its own timer",
    requests: [ten("rate"), ten("rate")],
  },
  {
    package: "@selvage/flight",
    rule: "F1",
    title: "requests share a flight, and each continues in its own context",
    requests: [ten("flight"), ten("flight")],
  },
  {
    package: "@selvage/channel",
    rule: "Q4",
    title: "requests share a channel, and each continues in its own context",
    requests: [ten("channel"), ten("channel")],
  },
  {
    package: "@selvage/channel",
    rule: "Q2",
    title: "a receive that ends with the time of its request takes nothing from the others",
    requests: [ten("leave"), ten("channel")],
  },
  {
    package: "@selvage/channel",
    rule: "Q11",
    title: "requests share a Broadcast, and each reads in its own context",
    requests: [ten("broadcast"), ten("broadcast")],
  },
];

/** Runs the checks one after another on one Worker. */
export async function runWorkerChecks(ask: Ask): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { package: name = "@selvage/scope", rule, title, requests } of workerChecks) {
    const outcome = { package: name, rule, title };
    const wrong: string[] = [];
    for (const group of requests) {
      const answers = await Promise.all(group.map(async (path) => ({ path, ...(await ask(path)) })));
      wrong.push(...answers.filter(({ status }) => status !== 200).map(({ path, text }) => `${path}: ${text}`));
    }
    outcomes.push(
      wrong.length === 0
        ? { ...outcome, status: "passed" }
        : { ...outcome, status: "failed", detail: wrong.join("\n") },
    );
  }
  return outcomes;
}

/** Runs the contract in ten concurrent requests, as one check. */
export async function runTenTimesAtOnce(ask: Ask): Promise<Outcome> {
  const outcome = {
    package: "@selvage/scope",
    rule: "C1",
    title: "the contract passes in ten concurrent requests",
  };
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask("/shared")));
  const failed = answers.flatMap(({ text }) => parseOutcomes(text)).filter(({ status }) => status === "failed");
  if (failed.length === 0) return { ...outcome, status: "passed" };
  return {
    ...outcome,
    status: "failed",
    detail: failed.map(({ title, detail }) => `${title}: ${detail ?? ""}`).join("\n"),
  };
}
