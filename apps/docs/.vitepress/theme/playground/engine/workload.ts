/** The behaviour of one task. All times are in milliseconds. */
export interface TaskPlan {
  /** How long it works. */
  readonly takes: number;
  /** Whether it throws when its work is done. */
  readonly fails: boolean;
  /** Whether it takes no signal, so that it cannot be stopped. */
  readonly ignores: boolean;
  /** How long it cleans up, however its work ended. */
  readonly cleanup: number;
  /** Whether the cleanup throws at its end. */
  readonly cleanupFails: boolean;
}

/** The work that every primitive runs. All times are in milliseconds. */
export interface Workload {
  readonly tasks: readonly TaskPlan[];
  /** How many tasks may run at once. */
  readonly limit: number | undefined;
  /** The time limit for all tasks. */
  readonly timeout: number | undefined;
  /** When an outer owner cancels all tasks. */
  readonly cancelAt: number | undefined;
  /** When a supervisor is shut down. */
  readonly shutdownAt: number | undefined;
  /** The grace period of the shutdown. */
  readonly grace: number;
}

/** The names of the tasks, in the order in which they start. */
export const taskNames = ["user", "orders", "reviews", "stock", "prices", "offers"] as const;

export const fewestTasks = 2;
export const mostTasks: number = taskNames.length;

/** The longest time. */
export const longest = 1000;
/** The unit of times. */
export const step = 10;

/** A task with default behaviour. */
export const plainTask: TaskPlan = { takes: 300, fails: false, ignores: false, cleanup: 0, cleanupFails: false };

/** A workload of tasks with the given times, and other options. */
export function workloadOf(
  tasks: readonly (number | Partial<TaskPlan>)[],
  rest: Partial<Omit<Workload, "tasks">> = {},
): Workload {
  return {
    tasks: tasks.map((task) => ({ ...plainTask, ...(typeof task === "number" ? { takes: task } : task) })),
    limit: undefined,
    timeout: undefined,
    cancelAt: undefined,
    shutdownAt: undefined,
    grace: 0,
    ...rest,
  };
}

/** The nearest valid time; `undefined` for a value that is not a number. */
export function timeOf(value: unknown, least: number = step): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) return undefined;
  return Math.min(longest, Math.max(least, Math.round(number / step) * step));
}
