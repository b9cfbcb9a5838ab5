import { setTimeout as sleep } from "node:timers/promises";
import { Cause, Effect, Exit } from "effect";

async function ping(region: string): Promise<never> {
  await sleep(5);
  throw new Error(`${region}: connection refused`);
}

const pinging = (region: string) =>
  Effect.tryPromise({
    try: () => ping(region),
    catch: (error) => error as Error,
  });
const caching = Effect.onInterrupt(Effect.never, () =>
  Effect.die(new Error("cache: cannot be closed")),
);

async function show(effects: readonly Effect.Effect<never, Error>[]) {
  const exit = await Effect.runPromiseExit(
    Effect.all(effects, { concurrency: "unbounded" }),
  );
  if (Exit.isFailure(exit))
    console.log(Cause.prettyErrors(exit.cause).map(String).join(" & "));
}

await show([pinging("eu"), pinging("us")]);
await show([caching, pinging("eu")]);
