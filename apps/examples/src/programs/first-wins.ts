import { leaves } from "@selvage/exception-group";
import type { Clock } from "@selvage/scope";
import { any, gather, race } from "@selvage/task-group";
import { NativeTimers, type Sleeper } from "../native-timers.js";
import type { Program, Stage } from "../program.js";

/*
 * The same page from three mirrors, of which the fastest is down.
 *
 * Look at: what is printed after the caller has its result. The functions of Promise leave the others running.
 * `race`, `any` and `gather` have the same results, but first cancel the others and wait until they have hung up.
 */
export const program: Program = {
  name: "first-wins",
  description: "race, any and gather have the same results as for promises, and leave no loser running",
  async run(stage) {
    await withPromises("Promise.race", (downloads) => Promise.race(downloads), stage);
    await withTasks("race", (downloads, clock) => race(downloads, { clock }), stage);
    await withPromises("Promise.any", (downloads) => Promise.any(downloads), stage);
    await withTasks("any", (downloads, clock) => any(downloads, { clock }), stage);
    await withPromises("Promise.all", (downloads) => Promise.all(downloads), stage);
    await withTasks("gather", (downloads, clock) => gather(downloads, { clock }), stage);
  },
};

type Download = (where: Sleeper) => Promise<string>;

async function withPromises(
  title: string,
  choose: (downloads: readonly Promise<string>[]) => Promise<unknown>,
  { out, clock }: Stage,
): Promise<void> {
  out(title);
  const timers = new NativeTimers(clock);
  const downloads = downloadsOf(out).map((download) => download(timers));
  await print(() => choose(downloads), out);
  await Promise.allSettled(downloads); // They run on, although no code needs them.
}

async function withTasks(
  title: string,
  choose: (downloads: readonly Download[], clock: Clock | undefined) => Promise<unknown>,
  { out, clock }: Stage,
): Promise<void> {
  out(title);
  await print(() => choose(downloadsOf(out), clock), out);
}

async function print(choice: () => Promise<unknown>, out: (line: string) => void): Promise<void> {
  try {
    out(`  the caller got ${String(await choice())}`);
  } catch (error) {
    for (const leaf of leaves(error)) out(`  the caller caught ${String(leaf)}`);
  }
}

/** The downloads: Lima is down, Rome is fast, Oslo is slow. */
function downloadsOf(out: (line: string) => void): readonly Download[] {
  return [
    async (where) => {
      await where.sleep(100);
      throw new Error("Lima is down");
    },
    (where) => download("Rome", 200, where, out),
    (where) => download("Oslo", 300, where, out),
  ];
}

async function download(mirror: string, ms: number, where: Sleeper, out: (line: string) => void): Promise<string> {
  try {
    await where.sleep(ms);
    out(`  ${mirror} has sent the page`);
    return `the page from ${mirror}`;
  } catch (error) {
    out(`  ${mirror} has hung up`);
    throw error;
  }
}
