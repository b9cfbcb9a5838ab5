import { acceptedPart, type Scenario, type Stage } from "../scenario.js";

/** How often a signal comes. */
const TIMES = 3;
/** Until the service listens it takes about this long, in milliseconds. */
const START = 400;

export const signalFaults: readonly Scenario[] = [
  { name: "SIGTERM under load, then a restart", events: 2_000, play: terminate },
  { name: "SIGKILL under load, then a restart", events: 2_000, play: kill },
  { name: "SIGTERM while it starts", events: 2_000, play: terminateStarts },
];

async function terminate(stage: Stage): Promise<void> {
  const { service, scope } = stage;
  for (let time = 0; time < TIMES; time++) {
    await acceptedPart(stage, nth(stage, time));
    await service.terminate(scope);
    await service.start(scope);
  }
}

async function kill(stage: Stage): Promise<void> {
  const { service, scope } = stage;
  for (let time = 0; time < TIMES; time++) {
    await acceptedPart(stage, nth(stage, time));
    await service.kill(scope);
    await service.start(scope);
  }
}

async function terminateStarts(stage: Stage): Promise<void> {
  const { service, scope, random } = stage;
  await acceptedPart(stage, nth(stage, 0));
  await service.kill(scope); // its claims are still there when the next ones start
  for (let time = 0; time < 2 * TIMES; time++) {
    service.launch();
    await scope.sleep(random.between(0, START * 1.5));
    await service.terminate(scope);
  }
  await service.start(scope);
}

/** A random moment in the nth part of the time. */
function nth({ random }: Stage, time: number): number {
  return (time + 0.2 + random.next() * 0.7) / TIMES;
}
