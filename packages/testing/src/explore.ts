import { checkSeed } from "./random.js";
import { checkRun, type RunBody, type RunOptions } from "./run-on-clock.js";
import { SeedError } from "./seed-error.js";
import { VirtualClock, type VirtualClockOptions } from "./virtual-clock.js";

/** How {@link explore} goes about it: which seeds it tries, and how each run is made. */
export interface ExploreOptions extends RunOptions, Pick<VirtualClockOptions, "start" | "autojumpThreshold"> {
  /** How many seeds to try, from 0 on; or which ones. Default: 100. */
  readonly seeds?: number | Iterable<number> | undefined;
}

/**
 * Runs a test's body again and again ({@link VirtualClock.run}), each time on a new clock with another seed, to find an order of
 * things under which it fails. One run after the other, until one fails.
 *
 * A seed permutes what nothing promises: who comes first of the sleepers and deadlines that are due at one time, and of those
 * that wait at a `checkpoint`, some of which are kept waiting a little longer. A body that fails under some seed depends on
 * such an order: it has a race. The same seed gives the same order, on every machine; the same seeds are tried every time, so
 * that a test which passes today passes tomorrow.
 *
 * A failure is rejected as a {@link SeedError}, which names the seed and has the failure as its `cause`. Replay it with
 * `explore(body, { seeds: [17] })`, or with `new VirtualClock({ seed: 17 }).run(body)`. The body runs under that seed once more
 * before, to see that it does fail again; the message says so if not.
 *
 * Each run must start afresh: let the body make what it works on.
 *
 * @throws {TypeError} Synchronously, where the body is no function, or an option of the wrong type.
 * @throws {RangeError} Synchronously, where an option is out of range.
 * @example
 * ```ts
 * import { explore, SeedError } from "@selvage/testing";
 *
 * const exploring = explore(async (scope) => {
 *   let balance = 100;
 *   async function withdraw(amount: number): Promise<void> {
 *     await scope.checkpoint();
 *     const seen = balance;
 *     if (amount > 15) await scope.checkpoint(); // in order of asking, the other one has ended by now
 *     balance = seen - amount;
 *   }
 *   await Promise.all([withdraw(10), withdraw(20)]);
 *   if (balance !== 70) throw new Error(`expected a balance of 70, got ${balance}`);
 * });
 * const failure: unknown = await exploring.catch((error: unknown) => error);
 * console.assert(failure instanceof SeedError && failure.message.includes("Replay it"));
 * ```
 */
export function explore(body: RunBody<unknown>, options: ExploreOptions = {}): Promise<void> {
  checkRun(body, options);
  const { seeds = 100, start, autojumpThreshold } = options;
  const clockOf = (seed: number): VirtualClock => new VirtualClock({ start, autojumpThreshold, seed });
  const tried = typeof seeds === "number" ? firstSeeds(seeds) : [...seeds];
  if (tried[0] === undefined) throw new RangeError("seeds must name at least one seed, got none.");
  tried.forEach(checkSeed);
  clockOf(tried[0]); // the options are good, or it throws now
  return exploreSeeds(tried, (seed) => clockOf(seed).run(body, options));
}

function firstSeeds(count: number): number[] {
  if (Number.isInteger(count) && count > 0) return Array.from({ length: count }, (_, seed) => seed);
  throw new RangeError(`seeds must be a whole number above 0, or the seeds themselves, got ${count}.`);
}

async function exploreSeeds(seeds: readonly number[], run: (seed: number) => Promise<unknown>): Promise<void> {
  const failureUnder = (seed: number): Promise<{ error: unknown } | undefined> =>
    run(seed).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
  for (const [passed, seed] of seeds.entries()) {
    const failure = await failureUnder(seed);
    if (failure === undefined) continue;
    const isReplayed = (await failureUnder(seed)) !== undefined;
    throw new SeedError(describeFailure(failure.error, seed, passed, isReplayed), seed, { cause: failure.error });
  }
}

/** What an error says: anything may be thrown, also what refuses to be read. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "what was thrown cannot be printed";
  }
}

function describeFailure(error: unknown, seed: number, passed: number, isReplayed: boolean): string {
  const what = messageOf(error);
  const before = passed === 0 ? "" : `, after ${passed} that passed`;
  const advice = isReplayed
    ? `Replay it: explore(body, { seeds: [${seed}] }), or new VirtualClock({ seed: ${seed} }).run(body).`
    : "Run again under this seed, the body passed: it depends on something besides, such as real I/O, Math.random(), " +
      "Date.now(), or what the run before left behind.";
  return `Fails under seed ${seed}${before}: ${what}\n${advice}`;
}
