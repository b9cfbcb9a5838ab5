/** The contract: what the packages guarantee on every runtime. */
import { channels } from "./channel.js";
import { exceptionGroup } from "./exception-group.js";
import { flights } from "./flight.js";
import { type Check, type Outcome, runChecks } from "./harness.js";
import { observing } from "./observing.js";
import { retries } from "./retry.js";
import { scope } from "./scope.js";
import { semaphores } from "./semaphore.js";
import { streams } from "./stream.js";
import { supervisor } from "./supervisor.js";
import { taskGroup } from "./task-group.js";
import { testing } from "./testing.js";
import { timeouts } from "./timeout.js";
import { traces } from "./trace.js";

export { share } from "./harness.js";
export type { Outcome } from "./harness.js";

export const contract: readonly Check[] = [
  ...scope,
  ...exceptionGroup,
  ...taskGroup,
  ...supervisor,
  ...timeouts,
  ...semaphores,
  ...retries,
  ...flights,
  ...channels,
  ...streams,
  ...testing,
  ...observing,
  ...traces,
];

/** Runs the whole contract. */
export function runContract(): Promise<Outcome[]> {
  return runChecks(contract);
}
