import { acceptedPart, type Scenario } from "../scenario.js";

/** The process uses a third of them for itself, before a client connects. */
const DESCRIPTORS = 64;
/** In megabytes. */
const HEAP = 64;

/** The times of a service that is slow because it has much to do, not because a destination is. */
const PATIENT = { ATTEMPT_TIMEOUT_MS: "5000", LEASE_MS: "20000", WAITING: "500" };
/** How many events are sent at once: more than may wait for the database, so that some are refused and come again. */
const BURST = 1_000;

/** There is more to do than the process can do at once. */
export const limits: readonly Scenario[] = [
  {
    name: "a burst of 20,000",
    events: 20_000,
    concurrency: BURST,
    service: { env: PATIENT },
    play: (stage) => acceptedPart(stage, 1),
  },
  {
    name: "few file descriptors",
    events: 2_000,
    concurrency: 100,
    play: async (stage) => {
      stage.service.process.limitDescriptors(DESCRIPTORS);
      await acceptedPart(stage, 1);
    },
  },
  {
    name: "a small heap",
    events: 10_000,
    concurrency: BURST,
    service: { env: PATIENT, flags: [`--max-old-space-size=${HEAP}`] },
    mayCrash: true,
    play: (stage) => acceptedPart(stage, 1),
  },
];
