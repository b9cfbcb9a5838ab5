/** A harness that runs wherever JavaScript does: it knows no files, no process and no test runner. */
import { assert } from "chai";

/** One promise of the contract, and what shows that it is kept. */
export interface Check {
  readonly package: string;
  /** The rule that it is part of: `S4`. */
  readonly rule: string;
  readonly title: string;
  readonly body: () => unknown;
}

/** What came of a check, as it is reported. */
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

/** How long a check may take before it is said to hang: far more than any needs, on any machine. */
const TIME_LIMIT = 30_000;

/** Leaves a check out that replaces something global, if other runs share the runtime. */
export function needsRuntimeAlone(): void {
  if (isShared) skip("other runs share the runtime");
}

class Skipped extends Error {}

/** Leaves a check out, for want of something that the runtime does not have. */
export function skip(why: string): never {
  throw new Skipped(why);
}

/**
 * Runs checks one after another.
 *
 * A check passes if its body ends well, and meanwhile no rejection went unhandled and no error uncaught, but for those that it took
 * with {@link takeUncaught}.
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

/** From now on several runs share this runtime at one time: it is not known whose error was uncaught, so checks of that are skipped. */
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
    if (!isShared) await takeUncaught(); // lest the next check be charged with it
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

/** What reached the handlers of last resort. A set: some runtimes tell of one error in two ways. */
const uncaught = new Set<unknown>();
let isWatching = false;

interface EventProcess {
  on?: (event: string, listener: (error: unknown) => void) => unknown;
}

/** Listens wherever this runtime tells of errors that nobody caught. */
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

/** Nothing could fail for want of a handler where the watch is blind: then there must be no result at all. */
async function proveThatTheWatchSees(): Promise<void> {
  const rejected = new Error("nobody handles this rejection");
  const thrown = new Error("nobody catches this error");
  void Promise.reject(rejected);
  queueMicrotask(() => {
    throw thrown;
  });
  const seen = await takeUncaught();
  if (seen.includes(rejected) && seen.includes(thrown)) return;
  throw new Error(
    `expected to be told of unhandled rejections and uncaught errors, got ${seen.map(describe).join("; ")}`,
  );
}

/** What was left unhandled or uncaught since it was last asked for, once the runtime has had the time to tell. */
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

/** What a promise is rejected with, which it must be. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return assert.fail(`expected a rejection, got the value ${String(value)}`);
}

/** What a function throws, which it must. */
export function thrown(fn: () => unknown): unknown {
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    return error;
  }
  return assert.fail(`expected a throw, got the value ${String(value)}`);
}

/** Collects what is garbage, as far as the runtime lets us. */
export async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) skip("this runtime does not let garbage be collected on demand");
  for (let round = 0; round < 3; round++) {
    await turn();
    gc();
  }
}
