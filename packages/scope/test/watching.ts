import { CancelScope } from "../src/index.js";

/** Lets `count` microtasks pass. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** The distinct states in sequence, read once in each of 20 microtasks, so that no state in between is missed. */
export async function states<T>(look: () => T): Promise<T[]> {
  const seen = [look()];
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
    const state = look();
    if (state !== seen.at(-1)) seen.push(state);
  }
  return seen;
}

/** The outcome of a promise. */
export async function outcomeOf<T>(promise: PromiseLike<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** Whether a scope is closed. */
export function isClosed(scope: CancelScope): boolean {
  try {
    new CancelScope({ parent: scope }).close();
    return false;
  } catch {
    return true;
  }
}
