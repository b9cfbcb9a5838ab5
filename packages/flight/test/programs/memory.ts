/** Prints how many bytes are retained for each of many calls. Run it with --expose-gc. */
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { CancelScope } from "@selvage/scope";
import { Flights } from "@selvage/flight";

/** How many calls are made. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 200_000);

using scope = new CancelScope();
const plain = new Flights<number, number>();
const left = new Flights<number, number>();
const cached = new Flights<number, number>({ ttl: 1, max: 100 });

async function call(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1_000) {
    const batch: Promise<unknown>[] = [];
    for (let number = 0; number < 250; number++) {
      const caller = new CancelScope();
      batch.push(
        plain.get(scope, number % 10, async (key) => key),
        left.get(caller, number, (_, own) => own.sleep(Infinity).then(() => 1)).catch(() => {}),
        cached.get(scope, started + number, async (key) => key),
        cached.get(scope, number % 10, async (key) => key),
      );
      caller.cancel();
    }
    await Promise.all(batch);
    await nextTurn();
  }
}

await call(100_000);
const before = await heapUsed();
await call(ROUNDS);
const kept = ((await heapUsed()) - before) / ROUNDS;
const last = new Flights<number, number>({ ttl: Infinity, max: 100 });
for (let key = 0; key < 1_000; key++) await last.get(scope, key, () => key);
console.log(JSON.stringify({ kept, sizes: [plain.size, left.size, last.size] }));
