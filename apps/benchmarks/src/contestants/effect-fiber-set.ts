import { Effect, FiberSet } from "effect";
import type { Programs } from "../programs.js";
import { allWaiting, work } from "../work.js";

/** Effect's group to which fibers may be added at any time. */
export const programs: Programs = {
  startAndJoin: (n, body) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const set = yield* FiberSet.make();
        const task = Effect.promise(body);
        for (let i = 0; i < n; i++) yield* FiberSet.run(set, task);
        yield* FiberSet.awaitEmpty(set);
      }).pipe(Effect.scoped),
    ),

  cancelWide: (n) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const set = yield* FiberSet.make();
        for (let i = 0; i < n; i++) yield* FiberSet.run(set, waitForEver);
        yield* Effect.promise(() => allWaiting(n));
        yield* FiberSet.clear(set);
      }).pipe(Effect.scoped),
    ),
};

const started = Effect.sync(() => {
  work.started++;
});

const ended = Effect.sync(() => {
  work.ended++;
});

const waitForEver = started.pipe(Effect.andThen(Effect.never), Effect.ensuring(ended));
