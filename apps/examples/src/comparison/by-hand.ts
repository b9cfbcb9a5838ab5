/** Starts a task, which receives the shared signal. */
export type StartByHand = (task: (signal: AbortSignal) => Promise<unknown>) => void;

/**
 * Owns tasks with a plain `AbortController`: the first failure aborts the rest, all tasks are waited for, also those
 * that are added later, and every error is kept.
 */
export async function ownByHand(
  body: (start: StartByHand, controller: AbortController) => Promise<void> | void,
  signal?: AbortSignal,
): Promise<void> {
  const controller = new AbortController();
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];

  const fail = (error: unknown): void => {
    if (controller.signal.aborted && error === controller.signal.reason) return;
    errors.push(error);
    controller.abort(error);
  };
  const start: StartByHand = (task) => {
    const promise = task(controller.signal)
      .then(() => {}, fail)
      .finally(() => running.delete(promise));
    running.add(promise);
  };
  const forward = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", forward);
  if (signal?.aborted === true) forward();
  try {
    await body(start, controller);
  } catch (error) {
    fail(error);
  }
  while (running.size > 0) await Promise.all(running);
  signal?.removeEventListener("abort", forward);
  if (errors.length > 0) throw new AggregateError(errors, "tasks failed");
  signal?.throwIfAborted();
}
