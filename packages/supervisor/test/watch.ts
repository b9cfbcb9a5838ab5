import { CancelScope, type TaskFunction } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";

/** A virtual clock, and task functions that log what happens to them. */
export interface Watch {
  readonly clock: VirtualClock;
  /** "10: pool cancelled", in order. */
  readonly log: string[];
  readonly note: (event: string) => void;
  /** A task that runs until it is cancelled, which it logs, and then takes `cleanup` milliseconds to end. */
  readonly until: (name: string, cleanup?: number) => TaskFunction<void>;
  /** Sleeps on the clock, whatever is cancelled. */
  readonly sleep: (ms: number) => Promise<void>;
}

export function watch(): Watch {
  const clock = new VirtualClock({ autojump: true });
  const log: string[] = [];
  const note = (event: string): void => void log.push(`${clock.now()}: ${event}`);
  async function sleep(ms: number): Promise<void> {
    using scope = new CancelScope({ parent: null, clock });
    await scope.sleep(ms);
  }
  const until =
    (name: string, cleanup = 0): TaskFunction<void> =>
    async (scope) => {
      scope.onCancel(() => note(`${name} cancelled`));
      await scope.sleep(Infinity).catch(() => {});
      if (cleanup > 0) await sleep(cleanup);
      scope.throwIfCancelled();
    };
  return { clock, log, note, until, sleep };
}

/** A task that never ends. */
export const deaf: TaskFunction<never> = () => new Promise(() => {});
