/** What a handler of the service does instead of its work. */
export type Misdeed =
  | "throws synchronously"
  | "rejects"
  | "throws null"
  /** It leaves a rejected promise that nothing awaits. */
  | "leaves a rejection"
  /** It neither ends nor notices its cancellation, and keeps the process alive. */
  | "ignores cancellation"
  /** It computes for `BLOCKED` milliseconds. */
  | "blocks the event loop"
  /** It reports success without storing the event. Only for tests of the fault runs themselves. */
  | "forgets";

/** A fault of the service's own code. */
export interface Fault {
  readonly misdeed: Misdeed;
  /** In the task that stores an event, or in the task that delivers it. */
  readonly where: "accept" | "deliver";
  /** One of this many calls is faulty. */
  readonly every: number;
  /** How many calls are faulty in all. */
  readonly times: number;
}

/** What the fault runs send to a service process. */
export type Command = { readonly fault: Fault } | { readonly ask: "heap" };

/** What a service process answers to `ask`: the bytes that its heap uses after a collection. */
export interface Answer {
  readonly heap: number;
}

/** How long a blocked event loop is blocked, in milliseconds. */
export const BLOCKED = 2_000;
