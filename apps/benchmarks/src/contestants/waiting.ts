/** What the tasks of Selvage's contestants do while they wait. */
import type { CancelScope } from "@selvage/scope";
import { LONG } from "../programs.js";
import { work } from "../work.js";

export async function waitForEver(scope: CancelScope): Promise<void> {
  work.started++;
  try {
    await scope.sleep(Infinity);
  } finally {
    work.ended++;
  }
}

export async function sleepLong(scope: CancelScope): Promise<void> {
  work.started++;
  try {
    await scope.sleep(LONG);
  } finally {
    work.ended++;
  }
}

/** What the innermost task of a deep tree does when it has been cancelled. */
export type CleanUp = () => void;

export const cleansUp: CleanUp = () => {};

export const failsToCleanUp: CleanUp = () => {
  throw new Error("the cleanup failed");
};

/** Waits for a promise that has to reject. */
export async function expectFailure(promise: Promise<unknown>): Promise<void> {
  const [{ status }] = await Promise.allSettled([promise]);
  if (status === "fulfilled") throw new Error("expected a failure");
}
