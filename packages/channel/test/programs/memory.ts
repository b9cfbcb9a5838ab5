/** Prints how many bytes are retained for each round of waits that end in vain, and what is left of them. Run it with --expose-gc. */
import { getEventListeners } from "node:events";
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { Broadcast, CancelScope, Channel, elapsed, select, Watch } from "@selvage/channel";

/** How many rounds there are, after as many again to warm up with. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 10_000);

const empty = new Channel<object>();
const full = new Channel<object>({ capacity: 1 });
full.trySend({});
const broadcast = new Broadcast<object>();
const watch = new Watch(0);
const { signal } = new AbortController();
const root = new CancelScope({ parent: null });

const ignore = (): void => {};

/** Everything that waits, and is cancelled. */
async function round(): Promise<void> {
  const scope = new CancelScope({ parent: root });
  const items = empty.items(scope);
  const ended = [
    empty.receive(scope),
    full.send(scope, {}),
    items.next(),
    select(scope, [empty.onReceive(ignore), full.onSend({}, ignore), elapsed(3_600_000, ignore)]),
    watch.changed(scope, watch.version),
    watch.until(scope, (value) => value < 0),
    broadcast.subscribe(scope, { capacity: 1 }).receive(scope),
  ].map((wait) => wait.catch(ignore));
  broadcast.subscribe(scope, { capacity: 1, overflow: "drop-oldest" });
  scope.cancel();
  await Promise.all(ended);
  scope.close();
  // With a signal that never aborts, what ends otherwise.
  const subscription = broadcast.subscribe(signal, { capacity: 1 });
  const left = empty.items(signal);
  const pending = left.next();
  await left.return?.();
  await pending;
  const selecting = select(signal, [empty.onReceive(ignore), elapsed(3_600_000, ignore)]);
  const sending = empty.send(signal, {});
  await selecting;
  const receiving = empty.receive(signal);
  await sending.catch(ignore);
  empty.trySend({});
  await receiving;
  subscription.close();
}

async function rounds(): Promise<void> {
  for (let count = 0; count < ROUNDS; count++) {
    await round();
    if (count % 1_000 === 0) await nextTurn();
  }
}

await rounds();
const before = await heapUsed();
await rounds();
const kept = ((await heapUsed()) - before) / ROUNDS;
root.close();
console.log(
  JSON.stringify({
    kept,
    waiting: [empty.waiting, full.waiting],
    sizes: [empty.size, full.size, broadcast.size],
    listeners: getEventListeners(signal, "abort").length,
    timers: process.getActiveResourcesInfo().includes("Timeout"),
  }),
);
