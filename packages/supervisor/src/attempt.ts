import { reportUncaught } from "@selvage/scope/internal";

/** Takes a step that uses the clock. Returns whether it did not throw. An error is reported as uncaught. */
export function attempt(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    reportUncaught(error);
    return false;
  }
}
