import { ExceptionGroup } from "./exception-group.js";

/** One failure in an owner of tasks, and the name of the task that failed: `undefined` for the body. */
export interface OwnedFailure {
  readonly error: unknown;
  readonly task: string | undefined;
}

/**
 * The group that an owner of tasks throws (E8).
 *
 * @param unwound - Errors that were accepted as cancellations by their shape alone (S15).
 */
export function ownerError(
  kind: string,
  name: string | undefined,
  failures: readonly OwnedFailure[],
  unwound: readonly unknown[] = [],
): ExceptionGroup {
  const where = name === undefined ? `a ${kind}` : `${kind} ${JSON.stringify(name)}`;
  const group = new ExceptionGroup(
    `unhandled errors in ${where}`,
    failures.map(({ error }) => error),
  );
  Object.defineProperty(group, "tasks", { value: failures.map(({ task }) => task) });
  if (unwound.length > 0) Object.defineProperty(group, "unwound", { value: [...unwound] });
  return group;
}
