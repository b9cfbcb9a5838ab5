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
  /** When a shutdown comes to it (V4). */ readonly placement: Placement;
  /** Its runs, if it is run again (V9). */ readonly runs: Runs | undefined;
  /**
   * `queued`: waits for its turn; `dropped`: cancelled before; `running`; `judging`: a run has ended, and it is not decided whether another
   * follows; `between`: another follows; `ended`: its function has, and its owner does not know; `done`.
   */
  state: "queued" | "dropped" | "running" | "judging" | "between" | "ended" | "done";
  outcome: Outcome | undefined;
  /** Until when, and for whom, it is being started. */ readonly starting: Starting | undefined;
  status: "fulfilled" | "rejected" | "cancelled" | undefined;
  abandoned: boolean;
  /** Whether the program has a handle of it. */ kept: boolean;
  /** The turn of its stage in a shutdown has come: says whether it waits for its next run. */ takesTurn(): boolean;
}

/** How a task's end is described, which is only known when it comes. */
export function endOf(task: Task): string {
  const { scope } = task;
  const outcome = task.starting === undefined ? task.outcome : task.starting.outcomeFor(task);
  if (outcome === undefined || ("fault" in outcome && isCancellation(outcome.fault, scope.reason))) {
    return `cut ${textOf(scope.reason!)}`;
  }
  return "fault" in outcome ? `! ${textOf(outcome.fault)}` : `= ${String(outcome.value)}`;
}

/** Which run of a task it is, and what follows, after its name: nothing for an only run. */
export function textOfRun({ runs }: Task, restartsIn?: number): string {
  const next = restartsIn === undefined ? "" : `, again in ${restartsIn}`;
  const attempt = runs?.attempt ?? 1;
  return attempt === 1 && next === "" ? "" : ` (run ${attempt}${next})`;
}
