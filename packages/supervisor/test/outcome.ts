import type { Clock } from "@selvage/scope";

/** What `act` throws, or is rejected with. */
export async function errorOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** A clock on which no two looks see the same time: a deadline can pass between any two. */
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
