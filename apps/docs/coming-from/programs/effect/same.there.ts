import { Effect } from "effect";

const query = (name: string, millis: number) =>
  Effect.acquireUseRelease(
    Effect.sync(() => console.log(`${name}: connected`)),
    () => Effect.as(Effect.sleep(millis), `${name}: 3 rows`),
    () => Effect.sync(() => console.log(`${name}: released`)),
  );

const program = Effect.all([query("users", 5), query("orders", 60_000)], {
  concurrency: 2,
}).pipe(
  Effect.timeout("1 second"),
  Effect.catchTag("TimeoutError", () => Effect.succeed(["too slow"])),
);
console.log(await Effect.runPromise(program));
