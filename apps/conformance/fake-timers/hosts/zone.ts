/**
 * Zone, which patches the timers after Selvage was imported. Its timers are real, and those of Angular's `fakeAsync`
 * are fake. Code in `fakeAsync` must not use `async` functions, because Zone does not see their promises.
 */
import { CancelScope, now } from "@selvage/scope";
import { timeout, TimeoutError } from "@selvage/timeout";
import "zone.js";
import "zone.js/testing";
import { assert } from "chai";
import { type Program, runPrograms } from "../fake-timers.js";

interface FakeAsync {
  readonly fakeAsync: (body: () => void) => () => void;
  readonly withProxyZone: (body: () => void) => () => void;
  readonly tick: (ms: number) => void;
  readonly flushMicrotasks: () => void;
}

const { Zone } = globalThis as unknown as { Zone: Readonly<Record<string, FakeAsync>> };
const { fakeAsync, withProxyZone, tick, flushMicrotasks } = Zone["__zone_symbol__fakeAsyncTest"]!;
const zoneTimeout = globalThis.setTimeout;

/** A program whose body runs in `fakeAsync`. */
function inFakeAsync(title: string, body: () => void): Program {
  return { title, body: withProxyZone(fakeAsync(body)) };
}

const programs: readonly Program[] = [
  inFakeAsync("sleeps end when their time has come, several in one jump", () => {
    const scope = new CancelScope();
    const ended: number[] = [];
    for (const ms of [2_000, 3_000, 1_000]) void scope.sleep(ms).then(() => ended.push(ms));
    tick(999);
    assert.deepEqual(ended, []);
    tick(9_001);
    assert.deepEqual(ended, [1_000, 2_000, 3_000]);
  }),
  inFakeAsync("a deadline passes when its time has come, also one that was moved", () => {
    const [scope, later] = [new CancelScope({ deadline: now() + 1_000 }), new CancelScope({ deadline: now() + 1_000 })];
    let heard = 0;
    scope.onCancel(() => heard++);
    tick(500);
    later.deadline = now() + 1_000;
    tick(490);
    assert.deepEqual([heard, scope.cancelled], [0, false]);
    tick(11);
    assert.deepEqual([heard, scope.cancelled, later.cancelled], [1, true, false]);
    tick(500);
    assert.isTrue(later.cancelled);
  }),
  inFakeAsync("a check does not see the real time", () => {
    const scope = new CancelScope({ deadline: now() + 1 });
    const start = performance.now();
    while (performance.now() - start < 5);
    assert.isFalse(scope.cancelled);
    tick(2);
    assert.isTrue(scope.cancelled);
  }),
  inFakeAsync("a sleep is cancelled, and leaves no timer behind", () => {
    const scope = new CancelScope();
    let error: unknown;
    scope.sleep(1_000).catch((reason: unknown) => (error = reason));
    scope.cancel();
    flushMicrotasks();
    assert.strictEqual(error, scope.reason);
  }),
  {
    title: "the timers are Zone's",
    body() {
      assert.strictEqual(globalThis.setTimeout, zoneTimeout);
      assert.property(zoneTimeout, "__zone_symbol__OriginalDelegate");
    },
  },
  {
    title: "time is real outside fakeAsync: a check sees a deadline that has passed, though no timer has fired",
    body() {
      const scope = new CancelScope({ deadline: now() + 1 });
      const start = performance.now();
      while (performance.now() - start < 5);
      assert.isTrue(scope.cancelled);
    },
  },
  {
    title: "sleeps and timeouts pass in real time outside fakeAsync",
    async body() {
      await new CancelScope().sleep(5);
      const error: unknown = await timeout(5, ({ scope }) => scope.sleep(Infinity)).catch((reason: unknown) => reason);
      assert.instanceOf(error, TimeoutError);
    },
  },
];

const zone = { enable() {}, advance() {}, restore() {} };
console.log(JSON.stringify(await runPrograms("Zone", zone, programs)));
