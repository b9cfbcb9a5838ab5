import type { Behaviour } from "../faults/destination.js";
import { Random } from "../faults/random.js";

/** What happens in a round. The signals go to one of the two processes. */
export const happenings = [
  "nothing",
  "a destination is faulty",
  "the database is paused",
  "the database is restarted",
  "the database crashes",
  "SIGTERM",
  "SIGKILL",
] as const;

export type Happening = (typeof happenings)[number];

/** What is random in a round: everything that follows from its seed. */
export interface Plan {
  readonly seed: number;
  readonly happening: Happening;
  /** The part of the events that is accepted when it begins. */
  readonly part: number;
  /** How long it lasts, in milliseconds. A pause of the database may last longer than a claim. */
  readonly lasts: number;
  /** What the faulty destination does. */
  readonly behaviour: Behaviour;
}

/** Makes the random choices of a round. */
export function planRound(seed: number): Plan {
  const random = new Random(seed);
  return {
    seed,
    happening: random.pick(happenings),
    part: random.next() * 0.8,
    lasts: random.between(100, 4_000),
    behaviour: random.pick(["hangs", "resets", "fails", "drips"]),
  };
}
