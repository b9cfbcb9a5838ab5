import type { Scenario } from "../scenario.js";
import { databaseFaults } from "./database.js";
import { destinationFaults } from "./destinations.js";
import { handlerFaults } from "./handlers.js";
import { limits } from "./limits.js";
import { peerFaults } from "./peers.js";
import { signalFaults } from "./signals.js";

/** All faults, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  ...destinationFaults,
  ...databaseFaults,
  ...signalFaults,
  ...handlerFaults,
  ...limits,
  ...peerFaults,
];
