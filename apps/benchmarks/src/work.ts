/**
 * Counts what tasks have done: the proof that every contestant does equal work, and an effect that no optimising compiler may leave out.
 */
export const work = { started: 0, ended: 0 };

/** A task's function in plain JavaScript. Each is made once, at module level: a closure for each task would be measured with it. */
export type Body = () => Promise<void>;

/** What a task waits for that waits for a microtask. */
export const resolved: Promise<void> = Promise.resolve();

// eslint-disable-next-line @typescript-eslint/require-await -- like many functions that turn out to have nothing to wait for
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

/** Where tasks wait until all of them are alive. */
let gate = { size: 0, open: (): void => {}, opened: resolved };

/** Closes the gate. The last of `n` tasks to reach it opens it for all. */
export function closeGate(n: number): void {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  gate = { size: n, open, opened };
}

async function waitAtGate(): Promise<void> {
  work.started++;
  if (work.started === gate.size) gate.open();
  await gate.opened;
  work.ended++;
}

/** By the name under which a case, and the contestants in other languages, know it. */
export const bodies: Readonly<Record<BodyName, Body>> = {
  none: noAwait,
  microtask: oneMicrotask,
  macrotask: oneMacrotask,
  gate: waitAtGate,
};

/** What a body waits for. */
export type BodyName = "none" | "microtask" | "macrotask" | "gate";

/** Lets the event loop turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Waits until all of `n` tasks are running, and makes sure that none has ended. */
export async function allWaiting(n: number): Promise<void> {
  do await turn();
  while (work.started < n);
  expectWork(n, 0);
}

/** Starts to count from zero. */
export function resetWork(): void {
  work.started = 0;
  work.ended = 0;
}

/** @throws {Error} If another number of tasks was started, or has ended. */
export function expectWork(started: number, ended: number): void {
  if (work.started === started && work.ended === ended) return;
  throw new Error(
    `expected ${started} tasks started and ${ended} ended, got ${work.started} started and ${work.ended} ended`,
  );
}

/** @throws {Error} If another item has arrived than was expected. */
export function expectItem(item: number, expected: number): void {
  if (item !== expected) throw new Error(`expected item ${expected}, got ${item}`);
}
