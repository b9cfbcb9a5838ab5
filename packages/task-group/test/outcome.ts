import { type Clock, ExceptionGroup } from "@selvage/scope";
import { expect } from "vitest";

/** The outcome of a promise. */
export async function outcomeOf<T>(promise: PromiseLike<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** The members of the group that a promise is rejected with, after checking that it is one. */
export async function errorsOf(promise: PromiseLike<unknown>): Promise<readonly unknown[]> {
  const outcome = await outcomeOf(promise);
  expect(outcome.error).toBeInstanceOf(ExceptionGroup);
  const group = outcome.error as ExceptionGroup;
  expect((group as unknown as { tasks: unknown }).tasks).toHaveLength(group.errors.length);
  return group.errors;
}

/** Lets `count` microtasks pass. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/**
 * The distinct states that follow one another, read once in each of 20 microtasks, so that no state in between is
 * missed.
 */
export async function states<T>(look: () => T): Promise<T[]> {
  const seen = [look()];
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
    const state = look();
    if (state !== seen.at(-1)) seen.push(state);
  }
  return seen;
}

/** What `act` throws, or is rejected with. */
export async function errorOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** A clock that shows a different time at each read: a deadline can pass between any two reads. */
export function restlessClock(): Clock & { time: number } {
  return {
    time: 0,
    now() {
      return this.time++;
    },
    setTimer: () => undefined,
    clearTimer: () => {},
  };
}
