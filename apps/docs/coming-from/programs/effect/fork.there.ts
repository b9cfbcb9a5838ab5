import { Effect } from "effect";

const heartbeat = Effect.delay(
  Effect.fail("heartbeat: connection lost"),
  "1 millis",
);

const program = Effect.gen(function* () {
  yield* Effect.forkChild(heartbeat);
  yield* Effect.sleep("50 millis"); // the request's work
  return "served";
});

console.log(await Effect.runPromise(program));
