import { reportUncaught } from "@selvage/scope/internal";

/** Takes a step that calls the tracer or the meter. An error that it throws is reported as uncaught, so that the steps after it are taken. */
export function guard(step: () => void): void {
  try {
    step();
  } catch (error) {
    reportUncaught(error);
  }
}
