import * as channel from "@selvage/channel";
import type { CancelScope } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import * as taskGroup from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { type Exports, load } from "../load.js";
import type { Outcome } from "../trace-event.js";
import type { PipelineEvent, StageEvent } from "./pipeline-event.js";
import type { PipelineModule } from "./pipeline-module.js";
import { channels, type Stage, stages } from "./plan.js";

/** Everything that happened while a pipeline ran. */
export interface PipelineRecording {
  readonly events: readonly PipelineEvent[];
  readonly outcome: Outcome;
  /** The time of the last event. */
  readonly end: number;
}

const packages: Readonly<Record<string, Exports>> = {
  "@selvage/channel": { ...channel },
  "@selvage/task-group": { ...taskGroup },
};

const ways = { fulfilled: "returned", rejected: "failed", cancelled: "stopped" } as const;

/**
 * Runs the program of a pipeline in virtual time. What the stages wait for comes from an observer of their scopes, not from the program.
 *
 * @throws {Error} If the program never settles.
 */
export async function recordPipeline(main: string): Promise<PipelineRecording> {
  const clock = new VirtualClock();
  const events: PipelineEvent[] = [];
  const note = (event: Timeless): void => void events.push({ at: clock.now(), ...event });
  /** The stage of a scope, if it is one of this run. */
  const stageOf = (scope: CancelScope): Stage | undefined =>
    scope.clock === clock ? stages.find((stage) => stage === scope.name) : undefined;
  using _ = observe({
    waiting(scope, what) {
      const stage = stageOf(scope);
      if (stage === undefined) return;
      const channel = channels.find((name) => what === `channel "${name}"`);
      note(channel === undefined ? { kind: "resumes", stage } : { kind: "waits", stage, channel });
    },
    closed(scope, { status }) {
      const stage = stageOf(scope);
      if (stage !== undefined) note({ kind: "over", stage, how: ways[status] });
    },
  });
  const module: PipelineModule = {
    clock,
    async work(scope, item, ms) {
      const about = { stage: stageOf(scope)!, item: Number(item) };
      note({ kind: "begins", ...about });
      try {
        await scope.sleep(ms);
      } catch (error) {
        note({ kind: "stops", ...about });
        throw error;
      }
      note({ kind: "ends", ...about });
    },
  };
  const { default: caller } = load("main.js", main, { ...packages, "./playground.js": { ...module } });
  let outcome: Outcome | undefined;
  const back = (result: Outcome): void => {
    outcome = result;
    events.push({ at: result.at, kind: "back", outcome: result });
  };
  void (caller as () => Promise<unknown>)().then(
    (value) => back({ at: clock.now(), ok: true, value }),
    (error: unknown) => back({ at: clock.now(), ok: false, error }),
  );
  await clock.runAll();
  if (outcome === undefined) throw new Error("expected the program to settle, but everything ended and it did not");
  return { events, outcome, end: Math.max(...events.map(({ at }) => at)) };
}

type Timeless = StageEvent extends infer Event ? (Event extends unknown ? Omit<Event, "at"> : never) : never;
