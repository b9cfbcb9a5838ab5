import { Effect, FiberSet } from "effect";

const heartbeat = Effect.delay(
  Effect.fail("heartbeat: connection lost"),
  "1 millis",
);

const request = Effect.gen(function* () {
  yield* Effect.forkChild(heartbeat);
  yield* Effect.sleep("50 millis"); // the request's work
  return "served";
});
console.log(await Effect.runPromise(request));

const server = Effect.scoped(
  Effect.gen(function* () {
    const background = yield* FiberSet.make();
    yield* FiberSet.run(background, heartbeat);
    yield* FiberSet.awaitEmpty(background); // `join` would fail
    return "all has ended";
  }),
);
console.log(await Effect.runPromise(server));
