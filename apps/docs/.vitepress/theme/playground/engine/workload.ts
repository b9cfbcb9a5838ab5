/** What one task does. All times are in milliseconds. */
export interface TaskPlan {
  /** How long it works. */
  readonly takes: number;
  /** Whether it throws when its work is done. */
  readonly fails: boolean;
  /** Whether it takes no signal, so that nothing stops it. */
  readonly ignores: boolean;
  /** How long it cleans up, however its work ended. */
  readonly cleanup: number;
  /** Whether the cleanup throws at its end. */
  readonly cleanupFails: boolean;
}

/** The work that every primitive is given. All times are in milliseconds. */
export interface Workload {
  readonly tasks: readonly TaskPlan[];
  /** How many tasks may run at once. */
  readonly limit: number | undefined;
  /** How long all of it may take. */
  readonly timeout: number | undefined;
  /** When somebody further out cancels all of it. */
  readonly cancelAt: number | undefined;
  /** When a supervisor is shut down. */
  readonly shutdownAt: number | undefined;
  /** How long a shutdown leaves the tasks in peace. */
  readonly grace: number;
}

/** What tasks are called, in the order in which they start. */
export const taskNames = ["user", "orders", "reviews", "stock", "prices", "offers"] as const;

export const fewestTasks = 2;
export const mostTasks: number = taskNames.length;

/** No time is longer. */
export const longest = 1000;
/** What times are counted in. */
export const step = 10;

/** A task without anything special. */
export const plainTask: TaskPlan = { takes: 300, fails: false, ignores: false, cleanup: 0, cleanupFails: false };

/** A workload of plain tasks that take so long, with what else is given. */
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

/** The nearest time that can be chosen; `undefined` for what is no number. */
export function timeOf(value: unknown, least: number = step): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) return undefined;
  return Math.min(longest, Math.max(least, Math.round(number / step) * step));
}
