/** A way to run several tasks. */
export type Primitive = (typeof primitives)[number]["name"];

/** All that can be chosen, in the order of the list. */
export const primitives = [
  { name: "TaskGroup", from: "@selvage/task-group", does: "one fails, so all are cancelled and waited for" },
  { name: "gather", from: "@selvage/task-group", does: "a TaskGroup that resolves with all results" },
  { name: "race", from: "@selvage/task-group", does: "the first to end wins, the rest are cancelled and waited for" },
  {
    name: "any",
    from: "@selvage/task-group",
    does: "the first to succeed wins, the rest are cancelled and waited for",
  },
  { name: "map", from: "@selvage/task-group", does: "calls a function for every item, so many at once" },
  { name: "Supervisor", from: "@selvage/supervisor", does: "one fails, the rest go on; ends by a shutdown" },
  { name: "gatherSettled", from: "@selvage/task-group", does: "waits for all, and tells how each ended" },
  { name: "timeout", from: "@selvage/timeout", does: "cancels when the time is up, waits, and throws" },
  { name: "moveOnAfter", from: "@selvage/timeout", does: "cancels when the time is up, waits, and goes on" },
  { name: "Promise.all", from: undefined, does: "rejects at the first failure, and stops nothing" },
  { name: "Promise.allSettled", from: undefined, does: "waits for all, and stops nothing" },
  { name: "Promise.race", from: undefined, does: "settles with the first to end, and stops nothing" },
  { name: "Promise.any", from: undefined, does: "resolves with the first to succeed, and stops nothing" },
] as const;

/** Whether a text names a primitive. */
export function isPrimitive(text: unknown): text is Primitive {
  return primitives.some(({ name }) => name === text);
}
