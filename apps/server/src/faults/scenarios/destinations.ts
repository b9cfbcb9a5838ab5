import type { Behaviour } from "../destination.js";
import { acceptedPart, type Scenario, type Stage } from "../scenario.js";

/** How many requests meet a faulty destination at least. */
const ENOUGH = 60;

/** One of the destinations is faulty. The events for the others arrive meanwhile. */
export const destinationFaults: readonly Scenario[] = [
  { name: "a destination hangs", events: 2_000, play: (stage) => misbehave(stage, "hangs") },
  { name: "a destination resets connections", events: 2_000, play: (stage) => misbehave(stage, "resets") },
  { name: "a destination answers 500", events: 2_000, play: (stage) => misbehave(stage, "fails") },
  { name: "a destination drips", events: 2_000, play: (stage) => misbehave(stage, "drips") },
];

async function misbehave(stage: Stage, behaviour: Behaviour): Promise<void> {
  const { scope, destinations, events } = stage;
  const [faulty, ...others] = destinations;
  faulty!.behave(behaviour);
  await acceptedPart(stage, 1);
  const share = Math.floor(events / destinations.length);
  for (const { arrived } of others) await arrived.until(scope, (count) => count >= share);
  await faulty!.refused.until(scope, (count) => count >= ENOUGH);
  faulty!.behave("answers");
}
