/**
 * What tasks have done, counted: the proof that every contestant does equal work, and the effect that keeps an optimising compiler
 * from leaving the work out.
 */
export const work = { started: 0, ended: 0 };

/** A task's function in plain JavaScript. Each is made once, at module level: a closure per task would be measured with it. */
export type Body = () => Promise<void>;

/** What a task waits for that waits for a microtask. */
export const resolved: Promise<void> = Promise.resolve();

// eslint-disable-next-line @typescript-eslint/require-await -- as many are that turn out to have nothing to wait for
async function noAwait(): Promise<void> {
  work.started++;
  work.ended++;
}

async function oneMicrotask(): Promise<void> {
  work.started++;
  await resolved;
  work.ended++;
}

async function oneMacrotask(): Promise<void> {
  work.started++;
  await turn();
  work.ended++;
}

/** By the name under which a case, and `asyncio.py`, know it. */
export const bodies: Readonly<Record<BodyName, Body>> = {
  none: noAwait,
  microtask: oneMicrotask,
  macrotask: oneMacrotask,
};

/** What a body waits for. */
export type BodyName = "none" | "microtask" | "macrotask";

/** Lets the event loop turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Waits until all of `n` tasks are under way, and makes sure that none has ended. */
export async function allWaiting(n: number): Promise<void> {
  do await turn();
  while (work.started < n);
  expectWork(n, 0);
}

/** Starts to count anew. */
export function resetWork(): void {
  work.started = 0;
  work.ended = 0;
}

/** @throws {Error} Where other than so many tasks were started, or have ended. */
export function expectWork(started: number, ended: number): void {
  if (work.started === started && work.ended === ended) return;
  throw new Error(
    `expected ${started} tasks started and ${ended} ended, got ${work.started} started and ${work.ended} ended`,
  );
}
