/** A way to run several tasks. */
export type Primitive = (typeof primitives)[number]["name"];

/** All primitives, in the order of the list. */
export const primitives = [
  { name: "TaskGroup", from: "@selvage/task-group", does: "when one fails, all are cancelled and waited for" },
  { name: "gather", from: "@selvage/task-group", does: "a TaskGroup that resolves with all results" },
  { name: "race", from: "@selvage/task-group", does: "the first to end wins, the rest are cancelled and waited for" },
  {
    name: "any",
    from: "@selvage/task-group",
    does: "the first to succeed wins, the rest are cancelled and waited for",
  },
  { name: "map", from: "@selvage/task-group", does: "calls a function for every item, with a limit" },
  { name: "Supervisor", from: "@selvage/supervisor", does: "when one fails, the rest run on; ends by a shutdown" },
  { name: "gatherSettled", from: "@selvage/task-group", does: "waits for all, and returns how each ended" },
  { name: "timeout", from: "@selvage/timeout", does: "cancels when the time is up, waits, and throws" },
  { name: "moveOnAfter", from: "@selvage/timeout", does: "cancels when the time is up, waits, and returns undefined" },
  { name: "Promise.all", from: undefined, does: "rejects at the first failure, and does not stop the rest" },
  { name: "Promise.allSettled", from: undefined, does: "waits for all, and cannot stop them" },
  { name: "Promise.race", from: undefined, does: "settles with the first to end, and does not stop the rest" },
  { name: "Promise.any", from: undefined, does: "resolves with the first to succeed, and does not stop the rest" },
] as const;

/** Whether a text names a primitive. */
export function isPrimitive(text: unknown): text is Primitive {
  return primitives.some(({ name }) => name === text);
}
