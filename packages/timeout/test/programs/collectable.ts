/** Prints the objects that are still in memory and that only Selvage could hold. Run it with --expose-gc. */
import { CancelScope } from "@selvage/scope";
import { moveOnAfter, timeout } from "@selvage/timeout";

const watched = new Map<string, WeakRef<object>>();
function watch<T extends object>(name: string, object: T): T {
  watched.set(name, new WeakRef(object));
  return object;
}

const parent = new CancelScope();
const controller = new AbortController();

async function finishedTimeouts(): Promise<void> {
  const returns = watch("body that returned", async (own: object) => {
    watch("its Timeout", own);
    return watch("its value", {});
  });
  await timeout(60_000, returns, { parent });
  const fails = watch("body that failed", () => Promise.reject(watch("its error", new Error("no"))));
  await timeout(60_000, fails, { parent: controller.signal }).catch(() => {});
  const expires = timeout(
    1,
    watch("body that was cancelled", (own) => {
      watch("its signal", own.signal);
      return watch("its sleep", watch("its scope", own.scope).sleep(60_000));
    }),
    { parent },
  );
  await expires.catch((error: unknown) => watch("TimeoutError", error as object));
  await moveOnAfter(
    60_000,
    watch("body that was rescheduled", (own) => {
      own.reschedule(own.when()! + 60_000);
      watch("its rescheduled Timeout", own);
    }),
    { parent },
  );
}

await finishedTimeouts();
await timeout(1, (own) => own.scope.sleep(60_000)).catch(() => {});
await timeout(60_000, async () => {}); // the objects that are kept for the latest timeout belong to this one
for (let round = 0; round < 5; round++) {
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
}
const left = [...watched].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name);
console.log(JSON.stringify({ watched: watched.size, left }));
parent.close(); // throws if anything were left below it
controller.abort();
