import { ExceptionGroup } from "@selvage/scope";

/** A group as one line: `outer(a, inner(b))`. Leaves are their messages; two errors with one message look alike. */
export function outline(error: unknown): string {
  if (error instanceof AggregateError) return `${error.message}(${error.errors.map(outline).join(", ")})`;
  return error instanceof Error ? error.message : String(error);
}

/** What `action` throws; fails if it throws nothing. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("expected it to throw, got nothing thrown");
}

/** The error with which a promise is rejected; fails if it is not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection, got none");
}

/** `depth` groups around one leaf. */
export function deepGroup(leaf: unknown, depth: number): ExceptionGroup {
  let group = new ExceptionGroup("level", [leaf]);
  for (let level = 1; level < depth; level++) group = new ExceptionGroup("level", [group]);
  return group;
}

/** A group whose subclass keeps a field. */
export class CodedGroup extends ExceptionGroup {
  readonly code: number;
  constructor(message: string, errors: Iterable<unknown>, code: number) {
    super(message, errors);
    this.code = code;
  }
  override derive(errors: Iterable<unknown>): CodedGroup {
    return new CodedGroup(this.message, errors, this.code);
  }
}

/** What a runtime, or TypeScript's helper, throws when a disposal fails on top of an error. */
export function suppressedError(error: unknown, suppressed: unknown): Error {
  return Object.assign(new Error("An error was suppressed during disposal."), {
    name: "SuppressedError",
    error,
    suppressed,
  });
}
