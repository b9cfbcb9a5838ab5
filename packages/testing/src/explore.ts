import { checkSeed } from "./random.js";
import { checkRun, type RunBody, type RunOptions } from "./run-on-clock.js";
import { SeedError } from "./seed-error.js";
import { VirtualClock, type VirtualClockOptions } from "./virtual-clock.js";

/** Options of {@link explore}. */
export interface ExploreOptions extends RunOptions, Pick<VirtualClockOptions, "start" | "autojumpThreshold"> {
  /** The number of seeds to try, starting from 0, or the seeds themselves. Default: 100. */
  readonly seeds?: number | Iterable<number> | undefined;
}

/**
 * Runs the body of a test many times ({@link VirtualClock.run}), each time on a new clock with another seed, to find an order of execution under
 * which it fails. The runs follow one another, until one fails.
 *
 * A seed permutes every order that is not promised: the order of sleeps and deadlines that are due at the same time, and the order of code that
 * waits at a `checkpoint`. Some checkpoints also take a little longer. A body that fails under some seed depends on such an order: it has a race.
 * The same seed gives the same order on every machine. The same seeds are tried every time, so a test that passes today passes tomorrow.
 *
 * If the body fails, the call rejects with a {@link SeedError}, which names the seed and has the failure as its `cause`. Replay it with
 * `explore(body, { seeds: [17] })`, or with `new VirtualClock({ seed: 17 }).run(body)`. Before the call rejects, the body runs once more under the
 * same seed. If it does not fail again, the message says so.
 *
 * The runs must not share state: the body must create everything that it works on.
 *
 * @throws {TypeError} Synchronously, if the body is not a function, or an option is of the wrong type.
 * @throws {RangeError} Synchronously, if an option is out of range.
 * @example
 * ```ts
 * import { explore, SeedError } from "@selvage/testing";
 *
 * const exploring = explore(async (scope) => {
 *   let balance = 100;
 *   async function withdraw(amount: number): Promise<void> {
 *     await scope.checkpoint();
 *     const seen = balance;
 *     if (amount > 15) await scope.checkpoint(); // first in, first out, the other call has ended by now
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
  clockOf(tried[0]); // throws now if an option is wrong
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

/** Returns the message of a thrown value. Never throws, because any value can be thrown, even one that throws when it is read. */
function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "a value that cannot be printed";
  }
}

function describeFailure(error: unknown, seed: number, passed: number, isReplayed: boolean): string {
  const what = messageOf(error);
  const before = passed === 0 ? "" : `, after ${passed} that passed`;
  const advice = isReplayed
    ? `Replay it: explore(body, { seeds: [${seed}] }), or new VirtualClock({ seed: ${seed} }).run(body).`
    : "When it ran again under this seed, the body passed: it depends on something else too, such as real I/O, Math.random(), " +
      "Date.now(), or what the run before left behind.";
  return `Fails under seed ${seed}${before}: ${what}\n${advice}`;
}
