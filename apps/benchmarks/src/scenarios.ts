import type { Scenario } from "./scenario.js";
import { cancel } from "./scenarios/cancel.js";
import { flow } from "./scenarios/flow.js";
import { growth } from "./scenarios/growth.js";
import { install } from "./scenarios/install.js";
import { limit } from "./scenarios/limit.js";
import { memory } from "./scenarios/memory.js";
import { observing } from "./scenarios/observing.js";
import { signals } from "./scenarios/signals.js";
import { startAndJoin } from "./scenarios/start-and-join.js";
import { timeLimits } from "./scenarios/time-limits.js";

/** Everything that is measured. */
export const scenarios: readonly Scenario[] = [
  startAndJoin,
  cancel,
  timeLimits,
  memory,
  limit,
  install,
  signals,
  flow,
  growth,
  observing,
];
