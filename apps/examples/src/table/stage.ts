import { leaves } from "@selvage/exception-group";
import { VirtualClock } from "@selvage/testing";
import { observe, type Observation } from "../comparison/observe.js";
import { NativeTimers } from "../native-timers.js";
import type { Body, Hands, ManyTasks, OneBody, ProbeTask, Surroundings } from "./row.js";

/** The behaviour of a task; times are milliseconds. */
export interface Plan {
  readonly lasts: number;
  /** Whether it ignores its signal. */
  readonly ignoresCancellation?: boolean;
  /** The time of its cleanup, however it ends. */
  readonly cleanup?: number;
  /** What it returns. */
  readonly value?: unknown;
  /** What it throws at its end. */
  readonly fails?: Error;
  /** What its cleanup throws. */
  readonly cleanupFails?: Error;
}

/** A task, and what happened to it. */
export interface Work {
  readonly task: ProbeTask;
  /** Whether its signal aborted while it ran. */
  readonly wasTold: boolean;
  /** When it ended; `undefined` until then. */
  readonly endedAt: number | undefined;
}

/** What was observed when the caller had control back, and after that. */
export interface Sight extends Observation {
  /** Whether each of the works had ended by then. */
  readonly allHadEnded: boolean;
  /** Whether the caller, or its error handler, has the error: as it is, in a group, or in a list of results. */
  hasReported(error: Error): boolean;
}

/** The environment of one probe: its virtual time, its caller, and the tasks that it observes. */
export class Stage {
  readonly #clock = new VirtualClock();
  readonly #caller = new AbortController();
  readonly #works: Work[] = [];
  readonly #handled: unknown[] = [];

  /** Makes a task that follows the plan. The probe starts it with the way that it tests. */
  work(plan: Plan): Work {
    const clock = this.#clock;
    const work = { task, wasTold: false, endedAt: undefined as number | undefined };
    this.#works.push(work);
    return work;

    async function task(signal?: AbortSignal): Promise<unknown> {
      const told = (): void => void (work.wasTold = true);
      signal?.addEventListener("abort", told);
      try {
        await new NativeTimers(clock, plan.ignoresCancellation === true ? undefined : signal).sleep(plan.lasts);
        if (plan.fails !== undefined) throw plan.fails;
        return plan.value;
      } finally {
        if (plan.cleanup !== undefined) await new NativeTimers(clock).sleep(plan.cleanup);
        signal?.removeEventListener("abort", told);
        work.endedAt = clock.now();
        fail(plan.cleanupFails);
      }
    }
  }

  /** Waits on the clock of the stage. */
  sleep(ms: number): Promise<void> {
    return new NativeTimers(this.#clock).sleep(ms);
  }

  /** Runs an action at a given time, outside of the tasks and the body. */
  at(ms: number, action: () => void): void {
    this.#clock.setTimer(action, ms);
  }

  /** Cancels the caller itself. */
  cancelCaller(): void {
    this.#caller.abort(new Error("the caller was cancelled"));
  }

  /** Runs a body that starts tasks. */
  runTasks(way: ManyTasks, body: (hands: Hands) => Promise<void> | void): Promise<Sight> {
    return this.#look((surroundings) => way.run(body, surroundings), Infinity);
  }

  /** Runs tasks for their results. */
  collect(way: ManyTasks, tasks: readonly ProbeTask[]): Promise<Sight> {
    return this.#look((surroundings) => way.collect(tasks, surroundings), Infinity);
  }

  /** Runs a single body for at most `limit` milliseconds. */
  runBody(way: OneBody, body: Body, limit: number = Infinity): Promise<Sight> {
    return this.#look((surroundings) => way.run(body, surroundings), limit);
  }

  async #look(start: (surroundings: Surroundings) => Promise<unknown>, limit: number): Promise<Sight> {
    const surroundings: Surroundings = {
      clock: this.#clock,
      signal: this.#caller.signal,
      onError: (error) => this.#handled.push(error),
      limit,
    };
    const observation = await observe(this.#clock, () => start(surroundings));
    const { outcome } = observation;
    const reported = new Set([...this.#handled, ...(outcome.ok ? reasonsIn(outcome.value) : leaves(outcome.error))]);
    return {
      ...observation,
      allHadEnded: this.#works.every(({ endedAt = Infinity }) => endedAt <= outcome.at),
      hasReported: (error) => reported.has(error),
    };
  }
}

/** The reasons of rejections, if the value is a list as from `Promise.allSettled`. */
function reasonsIn(value: unknown): unknown[] {
  const list = Array.isArray(value) ? (value as (Partial<PromiseRejectedResult> | undefined)[]) : [];
  return list.map((item) => item?.reason as unknown);
}

function fail(error: Error | undefined): void {
  if (error !== undefined) throw error;
}
