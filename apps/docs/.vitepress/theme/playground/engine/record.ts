import * as supervisor from "@selvage/supervisor";
import * as taskGroup from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import * as timeout from "@selvage/timeout";
import { type Exports, load } from "./load.js";
import type { PlaygroundModule } from "./playground-module.js";
import { Recorder } from "./recorder.js";
import type { Program } from "./source.js";
import { isTaskEvent, type Outcome, type TraceEvent } from "./trace-event.js";

/** Everything that happened while a program ran, and after its caller had control back. */
export interface Recording {
  readonly events: readonly TraceEvent[];
  readonly outcome: Outcome;
  /** The time of the last event. */
  readonly end: number;
}

const packages: Readonly<Record<string, Exports>> = {
  "@selvage/supervisor": { ...supervisor },
  "@selvage/task-group": { ...taskGroup },
  "@selvage/timeout": { ...timeout },
};

/**
 * Runs a program in virtual time until nothing of it is left. The recording includes what runs on after the caller
 * has control back.
 *
 * @throws {Error} If the program never settles.
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
  if (outcome === undefined) throw new Error("expected the program to settle, but everything ended and it did not");
  return { events: recorder.events, outcome, end: endOf(recorder.events) };
}

/** The end of the events. A late timer that has nothing to do is not an event. */
function endOf(events: readonly TraceEvent[]): number {
  return Math.max(...events.filter((event) => isTaskEvent(event) || event.kind === "back").map(({ at }) => at));
}
