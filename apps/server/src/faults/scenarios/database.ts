import { acceptedPart, type Scenario, type Stage } from "../scenario.js";

/** How long the database is paused, in milliseconds. The claims of the service run out after 3,000. */
const SHORT = 500;
const LONG = 4_000;

export const databaseFaults: readonly Scenario[] = [
  { name: "the database is restarted", events: 2_000, play: restart },
  { name: "the database is paused", events: 2_000, play: pause },
  { name: "the database is paused during a shutdown", events: 2_000, play: pauseInShutdown },
];

/** Twice: once properly, and once as a crash. */
async function restart(stage: Stage): Promise<void> {
  await acceptedPart(stage, 0.2 + stage.random.next() * 0.2);
  await stage.postgres.restart("fast");
  await acceptedPart(stage, 0.6 + stage.random.next() * 0.2);
  await stage.postgres.restart("immediate");
}

/** Once for a moment, and once for longer than a claim lasts. */
async function pause(stage: Stage): Promise<void> {
  const { postgres, scope, random } = stage;
  for (const [part, least] of [
    [0.3, SHORT],
    [0.6, LONG],
  ] as const) {
    await acceptedPart(stage, part);
    postgres.pause();
    try {
      await scope.sleep(random.between(least, least * 1.5));
    } finally {
      postgres.resume();
    }
  }
}

async function pauseInShutdown(stage: Stage): Promise<void> {
  const { postgres, scope, service } = stage;
  await acceptedPart(stage, 0.2 + stage.random.next() * 0.5);
  postgres.pause();
  try {
    await service.terminate(scope);
  } finally {
    postgres.resume();
  }
  await service.start(scope);
}
