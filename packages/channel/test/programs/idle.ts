/** Prints which objects an idle channel retains. Run it with --expose-gc. It ends by itself although much waits. */
import { heapUsed } from "@selvage/test-support/heap";
import { Broadcast, CancelScope, Channel, select, Watch } from "@selvage/channel";

const channel = new Channel<object>({ capacity: 4 });
const broadcast = new Broadcast<object>();
const watch = new Watch(0);
const watched = new Map<string, WeakRef<object>>();

async function use(): Promise<void> {
  const scope = new CancelScope({ parent: null });
  const items = { received: {}, selected: {}, iterated: {}, sent: {} };
  const note = Object.assign(() => {}, {});
  await channel.send(scope, items.received);
  await channel.receive(scope);
  await channel.send(scope, items.selected);
  await select(scope, [channel.onReceive(note)]);
  await channel.send(scope, items.iterated);
  for await (const item of channel.items(scope)) if (item === items.iterated) break;
  const subscription = broadcast.subscribe(scope, { capacity: 1 });
  await broadcast.send(scope, items.sent);
  await subscription.receive(scope);
  const waits = [channel.receive(scope), watch.changed(scope, 0), subscription.receive(scope)];
  scope.cancel();
  await Promise.allSettled(waits);
  for (const [name, item] of Object.entries({ ...items, note, subscription, scope }))
    watched.set(name, new WeakRef(item));
}

for (let times = 0; times < 3; times++) await use();
watched.clear();
await use();
const last = [...watched]; // the engine may retain what was used last
await use();
await heapUsed();
const left = last.filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name);
console.log(JSON.stringify({ watched: last.length, left, size: channel.size, waiting: channel.waiting }));

// Waits do not keep the process alive.
const scope = new CancelScope({ parent: null });
void channel.receive(scope);
void new Channel().send(scope, {});
void watch.until(scope, (value) => value > 0);
void select(scope, [channel.onReceive(() => {})]);
broadcast.subscribe(scope, { capacity: 1 });
