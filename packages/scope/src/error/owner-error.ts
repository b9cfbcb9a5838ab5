import { membersOf } from "./aggregate.js";
import { escapeText, quoteName } from "./escape.js";
import { ExceptionGroup } from "./exception-group.js";
import { ownData, ownMessage } from "./own-data.js";

/** One failure in an owner of tasks, and the name of the task that failed: `undefined` for the body. */
export interface OwnedFailure {
  readonly error: unknown;
  readonly task: string | undefined;
}

/** The maximum length of the message. */
const LONGEST = 500;
/** The maximum length of each name and each error's message in it. */
const LONGEST_PART = 100;
const MOST_LISTED = 3;

/**
 * Makes the group that an owner of tasks throws (E8). Its message says which tasks failed, and `tasks` has their names:
 * `2 tasks failed in TaskGroup "page": load user: no such user; load cart: timed out after 50 ms`.
 *
 * The message contains only names and own data `message`s. No getter is called. The message is for logs, not for clients.
 *
 * @param kind - What kind of owner this is: "TaskGroup", "gather".
 * @param failures - In order of arrival, at least one.
 * @param unwound - Errors that were accepted as cancellations only because of their shape (S15).
 * @param body - What is not a task, for the message. Default: "the body".
 *
 * @example
 * ```ts
 * import { ownerError } from "@selvage/scope/internal";
 *
 * const error = ownerError("TaskGroup", "page", [{ error: new Error("no such user"), task: "load user" }]);
 * console.assert(error.message === '1 task failed in TaskGroup "page": load user: no such user');
 * console.assert(error.tasks[0] === "load user");
 * ```
 */
export function ownerError(
  kind: string,
  name: string | undefined,
  failures: readonly OwnedFailure[],
  unwound: readonly unknown[] = [],
  body: string = "the body",
): ExceptionGroup {
  const group = new ExceptionGroup(
    messageFor(kind, name, failures, body),
    failures.map(({ error }) => error),
  );
  nameTasks(
    group,
    failures.map(({ task }) => task),
    unwound,
  );
  return group;
}

/** Sets `tasks` and `unwound` of a group that has been made, because a `derive` does not know them. A frozen group is left unchanged. */
export function nameTasks(
  group: ExceptionGroup,
  tasks: readonly (string | undefined)[],
  unwound: readonly unknown[] = [],
): void {
  if (tasks.some((task) => task !== undefined)) define(group, "tasks", tasks);
  if (unwound.length > 0) define(group, "unwound", unwound);
}

/** Defines a list that is not enumerable, because `format` prints it in another place. */
function define(group: ExceptionGroup, key: string, list: readonly unknown[]): void {
  Reflect.defineProperty(group, key, { value: Object.freeze([...list]), configurable: true });
}

function messageFor(kind: string, name: string | undefined, failures: readonly OwnedFailure[], body: string): string {
  const count = failures.filter(({ task }) => task !== undefined).length;
  const tasks = count === 0 ? [] : [`${count} ${count === 1 ? "task" : "tasks"}`];
  const who = count < failures.length ? [body, ...tasks] : tasks;
  const head = `${who.join(" and ")} failed in ${name === undefined ? indefinite(kind) : `${kind} ${quoteName(name)}`}: `;
  const listed = failures.slice(0, MOST_LISTED).map(({ error, task }) => {
    if (count === 0) return outline(error); // only the body has failed
    return `${task === undefined ? body : escapeText(task, LONGEST_PART)}: ${outline(error)}`;
  });
  const more = failures.length - listed.length;
  const tail = more > 0 ? `; and ${more} more` : "";
  return head + escapeText(listed.join("; "), LONGEST - head.length - tail.length) + tail;
}

/** Returns the name of a kind of owner: "a TaskGroup" for a class, "gather()" for a function. */
function indefinite(kind: string): string {
  if (/^[A-Z]/.test(kind)) return `a ${kind}`;
  return kind.endsWith(")") ? kind : `${kind}()`;
}

/** Returns a failure in a few words. A value that is not an error is replaced by its type, because it may contain anything. */
export function outline(error: unknown): string {
  // Checked first, because `membersOf` would call a getter.
  const isGroup = (ownData(error, "errors") ?? ownData(error, "suppressed")) !== undefined;
  const count = isGroup ? (membersOf(error)?.length ?? 0) : 0;
  if (count > 0) return `(${count} ${count === 1 ? "error" : "errors"})`;
  const message = ownMessage(error);
  if (message !== undefined) {
    const [line = ""] = message
      .slice(0, 1_000)
      .trimStart()
      .split(/[\n\r\u2028\u2029]/, 1);
    if (line !== "") return escapeText(line, LONGEST_PART);
  }
  return nameOf(error) ?? typeName(error);
}

/** Returns the `name` of an error without a message. It is a data property of the error or its class. */
function nameOf(error: unknown): string | undefined {
  try {
    let link = error;
    // Bounded, because a proxy can generate prototypes without end.
    for (let links = 0; links < 100 && typeof link === "object" && link !== null; links++) {
      const name = ownData(link, "name");
      if (typeof name === "string" && name !== "") return escapeText(name, LONGEST_PART);
      link = Object.getPrototypeOf(link);
    }
  } catch {
    // A proxy that throws.
  }
  return undefined;
}

function typeName(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
