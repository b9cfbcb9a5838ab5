/** A harness that runs on every JavaScript runtime: it does not use files, processes or a test runner. */
import { assert } from "chai";

/** One guarantee of the contract, and the test of it. */
export interface Check {
  readonly package: string;
  /** The rule that it belongs to, such as `S4`. */
  readonly rule: string;
  readonly title: string;
  readonly body: () => unknown;
}

/** The result of a check, as it is reported. */
export interface Outcome {
  readonly package: string;
  readonly rule: string;
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly detail?: string;
}

/** Adds a check to a suite. */
export type Add = (rule: string, title: string, body: () => unknown) => void;

/** The checks of one package. */
export function suite(name: string, define: (check: Add) => void): readonly Check[] {
  const checks: Check[] = [];
  define((rule, title, body) => {
    checks.push({ package: name, rule, title, body });
  });
  return checks;
}

/** The time after which a check counts as hanging: far more than any check needs on any machine. */
const TIME_LIMIT = 30_000;

/** Skips a check that replaces something global, if other runs share the runtime. */
export function needsRuntimeAlone(): void {
  if (isShared) skip("other runs share the runtime");
}

class Skipped extends Error {}

/** Skips a check, because the runtime lacks something. */
export function skip(why: string): never {
  throw new Skipped(why);
}

/**
 * Runs checks one after another.
 *
 * A check passes if its body succeeds and, while it ran, no rejection was unhandled and no error uncaught, except
 * those that it took with {@link takeUncaught}.
 */
export async function runChecks(checks: readonly Check[], timeLimit: number = TIME_LIMIT): Promise<Outcome[]> {
  watch();
  if (isShared) return await runEach(checks, timeLimit);
  await proveThatTheWatchSees();
  return await runEach(checks, timeLimit);
}

async function runEach(checks: readonly Check[], timeLimit: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const check of checks) outcomes.push(await run(check, timeLimit));
  return outcomes;
}

let isShared = false;

/** Declares that several runs share this runtime. Uncaught errors then have no known source, so checks of them are skipped. */
export function share(): void {
  isShared = true;
}

async function run({ package: name, rule, title, body }: Check, timeLimit: number): Promise<Outcome> {
  const outcome = { package: name, rule, title };
  try {
    await within(timeLimit, body);
    const uncaught = isShared ? [] : await takeUncaught();
    if (uncaught.length > 0) {
      throw new Error(`expected nothing uncaught or unhandled, got ${uncaught.map(describe).join("; ")}`);
    }
    return { ...outcome, status: "passed" };
  } catch (error) {
    if (!isShared) await takeUncaught(); // otherwise the next check would get it
    return { ...outcome, status: error instanceof Skipped ? "skipped" : "failed", detail: describe(error) };
  }
}

async function within(timeLimit: number, body: () => unknown): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`expected it to end, but it hangs, after ${timeLimit} ms`));
    }, timeLimit);
  });
  try {
    await Promise.race([tooLong, (async () => body())()]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
}

/** The errors that reached the global handlers. A set, because some runtimes report one error in two ways. */
const uncaught = new Set<unknown>();
let isWatching = false;

interface EventProcess {
  on?: (event: string, listener: (error: unknown) => void) => unknown;
}

/** Adds the listeners for uncaught errors that this runtime supports. */
function watch(): void {
  if (isWatching) return;
  isWatching = true;
  const platform = globalThis as unknown as {
    process?: EventProcess;
    addEventListener?: (event: string, listener: (event: Event) => void) => void;
  };
  platform.process?.on?.("uncaughtException", (error) => uncaught.add(error));
  platform.process?.on?.("unhandledRejection", (reason) => uncaught.add(reason));
  platform.addEventListener?.("error", (event) => {
    event.preventDefault();
    uncaught.add((event as ErrorEvent).error);
  });
  platform.addEventListener?.("unhandledrejection", (event) => {
    event.preventDefault();
    uncaught.add((event as PromiseRejectionEvent).reason);
  });
}

/** Checks that the listeners work. If they do not, a run has no result, because no check could fail for an uncaught error. */
async function proveThatTheWatchSees(): Promise<void> {
  const rejected = new Error("an unhandled rejection");
  const thrown = new Error("an uncaught error");
  void Promise.reject(rejected);
  queueMicrotask(() => {
    throw thrown;
  });
  const seen = await takeUncaught();
  if (seen.includes(rejected) && seen.includes(thrown)) return;
  throw new Error(`expected to see unhandled rejections and uncaught errors, got ${seen.map(describe).join("; ")}`);
}

/** Returns what was unhandled or uncaught since the last call, after the runtime had time to report it. */
export async function takeUncaught(): Promise<unknown[]> {
  needsRuntimeAlone();
  for (let turns = 0; turns < 3; turns++) await turn();
  const taken = [...uncaught];
  uncaught.clear();
  return taken;
}

/** Lets the event loop turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Returns the error of a promise, which must reject. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return assert.fail(`expected a rejection, got the value ${String(value)}`);
}

/** Returns the error of a function, which must throw. */
export function thrown(fn: () => unknown): unknown {
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    return error;
  }
  return assert.fail(`expected a throw, got the value ${String(value)}`);
}

/** Collects garbage, if the runtime allows it. */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) skip("this runtime does not let garbage be collected on demand");
  for (let round = 0; round < 3; round++) {
    await turn();
    gc();
  }
}
