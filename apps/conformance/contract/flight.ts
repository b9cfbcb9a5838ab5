import { CancelScope, ClosedError, Flights, InvalidStateError } from "@selvage/flight";
import { VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import { type Check, rejection, suite, turn } from "./harness.js";

export const flights: readonly Check[] = suite("@selvage/flight", (check) => {
  check("F1", "callers join the flight under way, and get the same value or error", async () => {
    const all = new Flights<string, object>();
    const scope = new CancelScope();
    let calls = 0;
    const load = async (): Promise<object> => {
      await turn();
      return { call: ++calls };
    };
    const [one, other] = await Promise.all([all.get(scope, "a", load), all.get(scope, "a", load)]);
    assert.strictEqual(one, other);
    const a = new TypeError("a");
    const fail = async (): Promise<never> => {
      await turn();
      throw a;
    };
    const failed = [all.get(scope, "a", fail), all.get(scope, "a", fail)];
    for (const each of failed) assert.strictEqual(await rejection(each), a);
    assert.strictEqual(calls, 1);
  });

  check("F2", "a caller's cancellation ends only its own wait", async () => {
    const all = new Flights<string, number>();
    const leaving = new CancelScope();
    const staying = new CancelScope();
    const load = async (): Promise<number> => (await turn(), 1);
    const left = all.get(leaving, "a", load);
    const stays = all.get(staying, "a", load);
    leaving.cancel();
    assert.strictEqual(await rejection(left), leaving.reason);
    assert.strictEqual(await stays, 1);
  });

  check("F3", "the flight is cancelled with its last caller, who waits for its end", async () => {
    const all = new Flights<string, void>();
    const scope = new CancelScope();
    let unwound = false;
    const wait = all.get(scope, "a", async (_, own) => {
      try {
        await own.sleep(60_000);
      } finally {
        await turn();
        unwound = true;
      }
    });
    scope.cancel();
    assert.strictEqual(await rejection(wait), scope.reason);
    assert.isTrue(unwound);
  });

  check("F4", "a cancelled flight is not joined: a new one begins after its end", async () => {
    const all = new Flights<string, string>();
    const first = new CancelScope();
    const second = new CancelScope();
    const log: string[] = [];
    const left = all.get(first, "a", async (_, own) => {
      try {
        await own.sleep(60_000);
        return "old";
      } finally {
        await turn();
        log.push("ended");
      }
    });
    first.cancel();
    const next = all.get(second, "a", () => (log.push("begun"), "new"));
    assert.strictEqual(await next, "new");
    assert.strictEqual(await rejection(left), first.reason);
    assert.deepEqual(log, ["ended", "begun"]);
  });

  check("F5", "a value is kept for ttl, and a failure never", async () => {
    const clock = new VirtualClock();
    const all = new Flights<string, number>({ clock, ttl: 10, max: 1 });
    const scope = new CancelScope({ clock });
    let calls = 0;
    const load = (): number => ++calls;
    assert.deepEqual([await all.get(scope, "a", load), await all.get(scope, "a", load)], [1, 1]);
    await clock.advance(10);
    assert.strictEqual(await all.get(scope, "a", load), 2);
    const a = new TypeError("a");
    assert.strictEqual(await rejection(all.get(scope, "b", () => Promise.reject(a))), a);
    assert.strictEqual(await all.get(scope, "b", load), 3);
  });

  check("F6", "a caller whose scope is cancelled starts nothing", async () => {
    const all = new Flights<string, void>();
    const scope = new CancelScope();
    scope.cancel();
    let isCalled = false;
    const load = (): void => {
      isCalled = true;
    };
    assert.strictEqual(await rejection(all.get(scope, "a", load)), scope.reason);
    assert.isFalse(isCalled);
  });

  check("F7", "disposing cancels the flights and waits for them; then get rejects", async () => {
    const scope = new CancelScope();
    let unwound = false;
    let all!: Flights<string, void>;
    let wait!: Promise<unknown>;
    {
      await using own = new Flights<string, void>();
      all = own;
      wait = rejection(
        own.get(scope, "a", async (_, flight) => {
          try {
            await flight.sleep(60_000);
          } finally {
            unwound = true;
          }
        }),
      );
    }
    assert.isTrue(unwound);
    await wait;
    assert.instanceOf(await rejection(all.get(scope, "a", () => {})), ClosedError);
  });

  check("F8", "a failure that has no caller left goes to onError", async () => {
    const failures: unknown[] = [];
    const a = new TypeError("a");
    const all = new Flights<string, void>({ onError: (error, key) => failures.push(error, key) });
    const scope = new CancelScope();
    const left = all.get(scope, "key", (_, own) => own.sleep(60_000).catch(() => Promise.reject(a)));
    scope.cancel();
    assert.strictEqual(await rejection(left), scope.reason);
    assert.deepEqual(failures, [a, "key"]);
  });

  check("F9", "a flight that waits for itself rejects", async () => {
    const all = new Flights<string, string>();
    const scope = new CancelScope();
    const wait = all.get(scope, "a", (_, one) => all.get(one, "b", (_, other) => all.get(other, "a", () => "never")));
    assert.instanceOf(await rejection(wait), InvalidStateError);
  });
});
