import { BLOCKED, type Misdeed } from "../fault.js";
import { acceptedPart, type Scenario, type Stage } from "../scenario.js";

/** Requests and deliveries of the service are faulty. */
export const handlerFaults: readonly Scenario[] = [
  { name: "a handler throws synchronously", events: 2_000, play: (stage) => misdo(stage, "throws synchronously") },
  { name: "a handler rejects", events: 2_000, play: (stage) => misdo(stage, "rejects") },
  { name: "a handler throws null", events: 2_000, play: (stage) => misdo(stage, "throws null") },
  { name: "a handler leaves a rejection", events: 2_000, mayCrash: true, play: leaveRejections },
  { name: "a task ignores its cancellation", events: 2_000, play: ignoreCancellation },
  { name: "the event loop is blocked", events: 2_000, play: block },
];

/** Every tenth request, and every tenth delivery. */
async function misdo(stage: Stage, misdeed: Misdeed): Promise<void> {
  for (const where of ["accept", "deliver"] as const) {
    stage.service.process.tell({ fault: { misdeed, where, every: 10, times: stage.events / 10 } });
  }
  await acceptedPart(stage, 1);
}

/** The process ends with 1 after its cleanup, and is replaced. */
async function leaveRejections(stage: Stage): Promise<void> {
  const { service, scope, blame } = stage;
  for (const part of [0.2, 0.5]) {
    await acceptedPart(stage, part);
    const { process } = service;
    process.tell({ fault: { misdeed: "leaves a rejection", where: "deliver", every: 1, times: 1 } });
    const { code } = await scope.race(process.ended);
    if (code !== 1) blame(`expected the process to end with 1 after an unhandled rejection, got ${code}`);
    await service.listening(scope);
  }
}

/** Some deliveries hang for ever: their claims run out, and the shutdown leaves them. */
async function ignoreCancellation(stage: Stage): Promise<void> {
  stage.service.process.tell({
    fault: { misdeed: "ignores cancellation", where: "deliver", every: 10, times: 10 },
  });
  await acceptedPart(stage, 0.8);
  await stage.service.terminate(stage.scope);
  await stage.service.start(stage.scope);
}

/** Twice, and once more when a shutdown begins. */
async function block(stage: Stage): Promise<void> {
  const { service, scope } = stage;
  for (const part of [0.1, 0.5]) {
    await acceptedPart(stage, part);
    service.process.tell({ fault: { misdeed: "blocks the event loop", where: "deliver", every: 1, times: 1 } });
  }
  await acceptedPart(stage, 0.8);
  service.process.tell({ fault: { misdeed: "blocks the event loop", where: "accept", every: 1, times: 1 } });
  await scope.sleep(BLOCKED / 4);
  await service.terminate(scope);
  await service.start(scope);
}
