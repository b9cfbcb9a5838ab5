import { Effect, Exit, Fiber, Queue, Scope, Stream } from "effect";
import { LONG, type LongLived, type Programs, type Request, type Wait } from "../programs.js";
import { itemsOf, read, stage } from "../stages.js";
import { allWaiting, bodies, expectItem, work } from "../work.js";

export const programs: Programs = {
  startAndJoin: (n, body) => Effect.runPromise(group(n, Effect.promise(body))),

  async cancelWide(n) {
    const fiber = Effect.runFork(group(n, waitForEver));
    await allWaiting(n);
    await Effect.runPromise(Fiber.interrupt(fiber));
  },

  async cancelDeep(n) {
    const fiber = Effect.runFork(level(n));
    await allWaiting(n);
    await Effect.runPromise(Fiber.interrupt(fiber));
  },

  limitInTurn: (n, operation) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const limited = underLimit(operation);
        for (let i = 0; i < n; i++) yield* limited;
      }),
    ),

  limitTogether: (n, operation) => Effect.runPromise(group(n, underLimit(operation))),

  requestInTurn: (n, request) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const limited = underLimit(request);
        for (let i = 0; i < n; i++) yield* limited;
      }),
    ),

  requestTogether: (n, request) => Effect.runPromise(group(n, underLimit(request))),

  async cancelOne(n) {
    const fibers: Fiber.Fiber<void>[] = [];
    for (let i = 0; i < n; i++) fibers.push(Effect.runFork(waitForEver));
    await allWaiting(n);
    return { cancel: (index) => Effect.runPromise(Fiber.interrupt(fibers[index]!)), close() {} };
  },

  async hold(n, wait) {
    const fiber = Effect.runFork(group(n, holds[wait]));
    await allWaiting(n);
    return () => Effect.runPromise(Fiber.interrupt(fiber));
  },

  holdScopes(kept) {
    const parent = Scope.makeUnsafe();
    for (let i = 0; i < kept.length; i++) kept[i] = Effect.runSync(Scope.fork(parent));
    return () => Effect.runPromise(Scope.close(parent, Exit.void));
  },

  comeAndGo: {
    task(): LongLived {
      const owner = Scope.makeUnsafe();
      const task = Effect.forkIn(Effect.promise(bodies.microtask), owner);
      const finish = (n: number): Promise<void> =>
        Effect.runPromise(
          Effect.gen(function* () {
            for (let i = 0; i < n; i++) yield* Fiber.join(yield* task);
          }),
        );
      return { finish, close: () => Effect.runPromise(Scope.close(owner, Exit.void)) };
    },
  },

  limited: (items, limit, body) => {
    const task = Effect.promise(body);
    return Effect.runPromise(Effect.forEach(items, () => task, { concurrency: limit, discard: true }));
  },

  async readSignals(n, request, cancelled) {
    const fiber = Effect.runFork(group(n, Effect.promise(request)));
    if (!cancelled) return Effect.runPromise(Fiber.join(fiber));
    await allWaiting(n);
    return Effect.runPromise(Fiber.interrupt(fiber));
  },

  handOver: (n, capacity) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const queue = yield* Queue.bounded<number>(capacity);
        yield* Effect.all([send(queue, n), receive(queue, n)], { concurrency: "unbounded", discard: true });
      }),
    ),

  stream: (n, stages, limit) => Effect.runPromise(pipeline(n, stages, { concurrency: limit, unordered: true })),
  streamInOrder: (n, stages, limit) => Effect.runPromise(pipeline(n, stages, { concurrency: limit })),
};

function send(queue: Queue.Queue<number>, n: number): Effect.Effect<void> {
  return Effect.gen(function* () {
    for (let i = 0; i < n; i++) {
      work.started++;
      yield* Queue.offer(queue, i);
    }
  });
}

function receive(queue: Queue.Queue<number>, n: number): Effect.Effect<void> {
  return Effect.gen(function* () {
    for (let i = 0; i < n; i++) {
      expectItem(yield* Queue.take(queue), i);
      work.ended++;
    }
  });
}

const mapped = (passed: number): Effect.Effect<number> => Effect.promise(() => stage(passed));

function pipeline(
  n: number,
  stages: number,
  options: { readonly concurrency: number; readonly unordered?: boolean },
): Effect.Effect<void> {
  let results = Stream.fromIterable(itemsOf(n));
  for (let i = 0; i < stages; i++) results = Stream.mapEffect(results, mapped, options);
  return Stream.runForEach(results, (passed) =>
    Effect.sync(() => {
      read(passed, stages);
    }),
  );
}

/** Runs so many fibers, and waits for all. */
function group(n: number, task: Effect.Effect<void>): Effect.Effect<void> {
  return Effect.all(new Array<typeof task>(n).fill(task), { concurrency: "unbounded", discard: true });
}

function underLimit(operation: Request): Effect.Effect<void> {
  return Effect.promise(operation).pipe(Effect.timeout(LONG), Effect.orDie);
}

const started = Effect.sync(() => {
  work.started++;
});

const ended = Effect.sync(() => {
  work.ended++;
});

const waitForEver = started.pipe(Effect.andThen(Effect.never), Effect.ensuring(ended));

const holds: Record<Wait, Effect.Effect<void>> = {
  "for ever": waitForEver,
  sleeping: started.pipe(Effect.andThen(Effect.sleep(LONG)), Effect.ensuring(ended)),
};

function level(depth: number): Effect.Effect<void> {
  return Effect.gen(function* () {
    yield* started;
    if (depth > 1) yield* Effect.forkChild(level(depth - 1));
    yield* Effect.never;
  }).pipe(Effect.ensuring(ended));
}
