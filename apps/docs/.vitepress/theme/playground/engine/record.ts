import * as supervisor from "@selvage/supervisor";
import * as taskGroup from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import * as timeout from "@selvage/timeout";
import { type Exports, load } from "./load.js";
import type { PlaygroundModule } from "./playground-module.js";
import { Recorder } from "./recorder.js";
import type { Program } from "./source.js";
import { isTaskEvent, type Outcome, type TraceEvent } from "./trace-event.js";

/** Everything that happened while a program ran, and after it had given control back to its caller. */
export interface Recording {
  readonly events: readonly TraceEvent[];
  readonly outcome: Outcome;
  /** When the last thing happened. */
  readonly end: number;
}

const packages: Readonly<Record<string, Exports>> = {
  "@selvage/supervisor": { ...supervisor },
  "@selvage/task-group": { ...taskGroup },
  "@selvage/timeout": { ...timeout },
};

/**
 * Runs a program on virtual time until nothing of it is left: what goes on behind its caller's back is part of what there is
 * to see.
 *
 * @throws {Error} Where control never comes back.
 */
export async function record({ tasks, main }: Program): Promise<Recording> {
  const clock = new VirtualClock();
  const recorder = new Recorder(clock);
  const modules = { ...packages, "./playground.js": { ...recorder.module } satisfies PlaygroundModule };
  const { default: caller } = load("main.js", main, { ...modules, "./tasks.js": load("tasks.js", tasks, modules) });
  const run = caller as () => Promise<unknown>;

  let outcome: Outcome | undefined;
  const back = (result: Outcome): void => recorder.back((outcome = result));
  void run().then(
    (value) => back({ at: clock.now(), ok: true, value }),
    (error: unknown) => back({ at: clock.now(), ok: false, error }),
  );
  await clock.runAll();
  if (outcome === undefined) throw new Error("expected control to come back, but everything ended and it did not");
  return { events: recorder.events, outcome, end: endOf(recorder.events) };
}

/** A timer that is set for later and finds nothing to do any more is no event. */
function endOf(events: readonly TraceEvent[]): number {
  return Math.max(...events.filter((event) => isTaskEvent(event) || event.kind === "back").map(({ at }) => at));
}
