import type { Clock } from "@selvage/scope";
import type { Recorder, Watched } from "./recorder.js";

/** A task like an async function of the platform: it takes an optional signal, and resolves with its own name. */
export type WorkloadTask = (signal?: AbortSignal) => Promise<string>;

/** The work that every contestant runs. */
export interface Workload {
  /** The tasks that exist from the start. */
  readonly tasks: readonly WorkloadTask[];
  /** Calls back with one more task while all others run, as when a request comes in. */
  readonly onArrival: (callback: (task: WorkloadTask) => void) => void;
}

/** A task of the workload: its description and its body. */
interface Plan {
  readonly name: string;
  readonly description: string;
  readonly body: (task: Watched) => Promise<void>;
}

const plans: readonly Plan[] = [
  { name: "quick 1", description: "returns after 20 ms", body: (task) => task.work(20) },
  { name: "quick 2", description: "returns after 40 ms", body: (task) => task.work(40) },
  {
    name: "failing",
    description: "fails after 60 ms",
    body: async (task) => {
      await task.work(60);
      throw new Error("out of paper");
    },
  },
  { name: "slow", description: "takes 200 ms", body: (task) => task.work(200) },
  { name: "stubborn", description: "takes 140 ms, and ignores cancellation", body: (task) => task.insist(140) },
  {
    name: "untidy",
    description: "takes 180 ms; its cleanup takes 20 more, and fails",
    body: async (task) => {
      try {
        await task.work(180);
      } finally {
        await removeFiles(task);
      }
    },
  },
];

const arrival = 10;
const late: Plan = {
  name: "late",
  description: `is added after ${arrival} ms, and takes 100`,
  body: (task) => task.work(100),
};

async function removeFiles(task: Watched): Promise<void> {
  await task.insist(20);
  throw new Error("the files are in use");
}

/** What the tasks do, in the order in which they start. */
export const tasks: readonly Omit<Plan, "body">[] = [...plans, late];

/** Makes a workload that can run once; the recorder records what its tasks do. */
export function makeWorkload(clock: Clock, recorder: Recorder): Workload {
  const watched = ({ name, body }: Plan): WorkloadTask => {
    return (signal) => recorder.watch(name, signal, body);
  };
  return {
    tasks: plans.map(watched),
    onArrival: (callback) => void clock.setTimer(() => callback(watched(late)), arrival),
  };
}
