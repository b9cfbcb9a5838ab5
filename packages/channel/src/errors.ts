import { ClosedError } from "@selvage/scope";
import { LaggedError } from "@selvage/scope/internal";

/** How a channel has ended. */
export interface End {
  /** What `close` or `abandon` was called with. */
  readonly error: unknown;
}

/** The error of a send to a closed channel. */
export function closedError(title: string, end: End): ClosedError {
  return new ClosedError(`The ${title} is closed: nothing can be sent.`, causeOf(end));
}

/** The error of a send to an abandoned channel. */
export function abandonedError(title: string, end: End): ClosedError {
  return new ClosedError(`The receivers of the ${title} have left: nothing can be sent.`, causeOf(end));
}

/** The error of a receive from a channel that was closed without an error. */
export function drainedError(title: string): ClosedError {
  return new ClosedError(`The ${title} is closed, and has no more items.`);
}

/** The error of a send to a full buffer, where `overflow` is `"error"`. */
export function fullError(title: string, capacity: number): LaggedError {
  return new LaggedError(`The ${title} is full: it has ${capacity} items.`, 1);
}

function causeOf({ error }: End): ErrorOptions | undefined {
  return error === undefined ? undefined : { cause: error };
}
