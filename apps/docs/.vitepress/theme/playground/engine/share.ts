import { presets, type Setup } from "./presets.js";
import { isPrimitive } from "./primitives.js";
import { fewestTasks, mostTasks, type TaskPlan, timeOf, type Workload } from "./workload.js";

/**
 * Writes a setup as the query of a link.
 *
 * A task is written as `300f i c50x`, without the spaces: it takes 300 ms, fails (`f`), ignores cancellation (`i`),
 * cleans up for 50 ms (`c50`), and fails in its cleanup (`x`).
 */
export function queryOf({ first, second, workload }: Setup): string {
  const { tasks, limit, timeout, cancelAt, shutdownAt, grace } = workload;
  const query = new URLSearchParams({ first, second, tasks: tasks.map(taskText).join("-") });
  const rest = {
    limit,
    timeout,
    cancel: cancelAt,
    shutdown: shutdownAt,
    grace: shutdownAt === undefined ? undefined : grace,
  };
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
  return query.toString();
}

/**
 * Reads the query of a link: a whole setup, or `preset=<id>`. A part that is missing or invalid is taken from the
 * preset, or from the first preset; so any text is accepted.
 */
export function setupOf(text: string): Setup {
  const query = new URLSearchParams(text);
  const { setup } = presets.find(({ id }) => id === query.get("preset")) ?? presets[0];
  const [first, second] = [query.get("first"), query.get("second")];
  return {
    first: isPrimitive(first) ? first : setup.first,
    second: isPrimitive(second) ? second : setup.second,
    workload: workloadIn(query) ?? setup.workload,
  };
}

/** A workload is read as a whole, because a time from a link makes no sense with the tasks of another workload. */
function workloadIn(query: URLSearchParams): Workload | undefined {
  const tasks = (query.get("tasks") ?? "").split("-").map(taskIn);
  if (tasks.length < fewestTasks || tasks.length > mostTasks || !tasks.every((task) => task !== undefined)) {
    return undefined;
  }
  const limit = Number(query.get("limit"));
  return {
    tasks,
    limit: Number.isInteger(limit) && limit >= 1 && limit <= mostTasks ? limit : undefined,
    timeout: timeOf(query.get("timeout")),
    cancelAt: timeOf(query.get("cancel")),
    shutdownAt: timeOf(query.get("shutdown")),
    grace: timeOf(query.get("grace"), 0) ?? 0,
  };
}

function taskText({ takes, fails, ignores, cleanup, cleanupFails }: TaskPlan): string {
  const cleaning = cleanup === 0 ? "" : `c${cleanup}${cleanupFails ? "x" : ""}`;
  return `${takes}${fails ? "f" : ""}${ignores ? "i" : ""}${cleaning}`;
}

function taskIn(text: string): TaskPlan | undefined {
  const match = /^(\d{1,6})(f?)(i?)(?:c(\d{1,6})(x?))?$/.exec(text);
  if (match === null) return undefined;
  const [, takes, fails, ignores, cleanup = "0", cleanupFails] = match;
  return {
    takes: timeOf(takes)!,
    fails: fails === "f",
    ignores: ignores === "i",
    cleanup: timeOf(cleanup, 0)!,
    cleanupFails: cleanupFails === "x",
  };
}
