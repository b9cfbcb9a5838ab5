import { compileFunction } from "node:vm";
import { CancelScope, isCancellation } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { StalledError, VirtualClock } from "@selvage/testing";
import { moveOnAfter, timeout } from "@selvage/timeout";
import { print } from "./print.js";
import type { Program } from "./program.js";
import { Recorder } from "./recorder.js";
import type { Event } from "./trace.js";

/** The recording of one run of a program. */
export interface Recording {
  readonly trace: readonly Event[];
  /** Whether the run would never have ended, because everything waited for events that could not come. */
  readonly stalled: boolean;
  /** The tree of scopes after the end: a line for the scope that the program ran in. */
  readonly tree: string;
  /** The number of timers that were left at the end; not counted if a shutdown has abandoned tasks. */
  readonly timers: number;
  /** The error of the run itself: scopes were left open. */
  readonly crash: unknown;
  /** Rejections that no code handled, and errors that were reported as uncaught. */
  readonly unhandled: readonly unknown[];
  readonly recorder: Recorder;
}

export type Recorded = (test: CancelScope, recorder: Recorder) => Promise<unknown>;

/** Runs a program on a virtual clock whose seed decides every order that is not promised. */
export function record(program: Program, seed: number): Promise<Recording> {
  return recordProgram(seed, compile(print(program)));
}

/** Runs a printed program. */
export async function recordProgram(seed: number, program: Recorded): Promise<Recording> {
  const clock = new VirtualClock({ seed });
  const recorder = new Recorder(clock);
  let root: CancelScope | undefined;
  let stalled = false;
  let tree = "";
  let timers = 0;
  let crash: unknown;
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  try {
    await clock.run(async (test) => {
      root = test;
      await program(test, recorder).catch(() => {}); // the trace has the error
      tree = describeTree(test);
      if (recorder.isOver) timers = clock.pending;
    });
  } catch (error) {
    if (error instanceof StalledError) stalled = true;
    else crash = error;
  } finally {
    await clock.runAll(); // for tasks that a shutdown has abandoned
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  }
  return { trace: recorder.trace, stalled, tree: tree || describeTree(root!), timers, crash, unhandled, recorder };
}

function compile(code: string): Recorded {
  const known = { CancelScope, isCancellation, Supervisor, TaskGroup, moveOnAfter, timeout };
  const make = compileFunction(`return ${code}`, Object.keys(known)) as (...values: unknown[]) => Recorded;
  return make(...Object.values(known));
}
