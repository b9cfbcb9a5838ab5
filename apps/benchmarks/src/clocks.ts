/** The three times that a measurement reads at once. */
import { readSync, openSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** Milliseconds. */
export interface Times {
  /** The time that passes. */
  readonly wall: number;
  /** The time for which the main thread has a processor; `undefined` where the platform does not say. */
  readonly thread: number | undefined;
  /** The time for which the process has one, with all its threads. */
  readonly process: number;
}

/** Starts to measure; the function that it returns says how much time has passed since then. */
export function stopwatch(): () => Times {
  const thread = threadTime();
  const cpu = process.cpuUsage();
  const wall = performance.now();
  return () => {
    const passed = performance.now() - wall;
    const { user, system } = process.cpuUsage(cpu);
    const after = threadTime();
    return {
      wall: passed,
      process: (user + system) / 1_000,
      thread: thread === undefined || after === undefined ? undefined : after - thread,
    };
  };
}

type ThreadCpuUsage = () => { readonly user: number; readonly system: number };

// Since Node 23.9.
const threadCpuUsage = (process as { threadCpuUsage?: ThreadCpuUsage }).threadCpuUsage?.bind(process);

function threadTime(): number | undefined {
  if (threadCpuUsage === undefined) return threadTimeOfLinux();
  const { user, system } = threadCpuUsage();
  return (user + system) / 1_000;
}

const schedstat = openSchedstat();
const buffer = Buffer.alloc(128);
const pause = new Int32Array(new SharedArrayBuffer(4));

function openSchedstat(): number | undefined {
  if (threadCpuUsage !== undefined || process.platform !== "linux") return undefined;
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  } catch {
    return undefined; // a kernel without statistics
  }
}

function threadTimeOfLinux(): number | undefined {
  if (schedstat === undefined) return undefined;
  // The kernel brings the figure up to date when the thread gives its processor away, and otherwise every few milliseconds.
  Atomics.wait(pause, 0, 0, 0.02);
  const length = readSync(schedstat, buffer, 0, buffer.length, 0);
  return Number(buffer.toString("latin1", 0, length).split(" ")[0]) / 1e6;
}
