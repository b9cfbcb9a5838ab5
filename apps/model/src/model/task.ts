import type { Block, Placement } from "../program.js";
import { isCancellation, type Outcome, textOf } from "./fault.js";
import type { Owner } from "./owner.js";
import type { Runs } from "./runs.js";
import type { Starting } from "./starting.js";
import type { Scope } from "./tree.js";

/** A task of the model. */
export interface Task {
  readonly id: number;
  readonly owner: Owner;
  readonly scope: Scope;
  readonly body: Block;
  /** Its stage and grace in a shutdown (V4). */ readonly placement: Placement;
  /** Its runs, if it is restarted (V9). */ readonly runs: Runs | undefined;
  /**
   * `queued`: not started yet; `dropped`: cancelled while queued; `running`; `judging`: a run has ended, and it is
   * not decided whether another follows; `between`: another run follows; `ended`: its function has ended, and its
   * owner is not notified yet; `done`.
   */
  state: "queued" | "dropped" | "running" | "judging" | "between" | "ended" | "done";
  outcome: Outcome | undefined;
  /** Its start, if it was created by `start`. */ readonly starting: Starting | undefined;
  status: "fulfilled" | "rejected" | "cancelled" | undefined;
  abandoned: boolean;
  /** Whether the program has a reference to it. */ kept: boolean;
  /** Called at the turn of its stage in a shutdown; returns whether it waits for its next run. */ takesTurn(): boolean;
}

/** The description of a task's end, which is known only when it comes. */
export function endOf(task: Task): string {
  const { scope } = task;
  const outcome = task.starting === undefined ? task.outcome : task.starting.outcomeFor(task);
  if (outcome === undefined || ("fault" in outcome && isCancellation(outcome.fault, scope.reason))) {
    return `cut ${textOf(scope.reason!)}`;
  }
  return "fault" in outcome ? `! ${textOf(outcome.fault)}` : `= ${String(outcome.value)}`;
}

/** The run of a task, and what follows, which is printed after its name: empty for a task without restarts. */
export function textOfRun({ runs }: Task, restartsIn?: number): string {
  const next = restartsIn === undefined ? "" : `, again in ${restartsIn}`;
  const attempt = runs?.attempt ?? 1;
  return attempt === 1 && next === "" ? "" : ` (run ${attempt}${next})`;
}
