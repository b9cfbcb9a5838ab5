import { AsyncLocalStorage } from "node:async_hooks";
import { VirtualClock } from "@selvage/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancelScope, now } from "@selvage/scope";
import { ProgramFolder } from "../child-process.js";

describe("the async context of a timer's callback", () => {
  it("listeners and abort events run in the context of the code that set the deadline (C1)", async () => {
    const request = new AsyncLocalStorage<string>();
    const log: unknown[] = [];
    using server = new CancelScope();
    const ends = ["A", "B", "C"].map((name, index) =>
      request.run(name, () => {
        const scope = new CancelScope({ parent: server });
        scope.onCancel(() => log.push([name, "listener", request.getStore()]));
        scope.signal.addEventListener("abort", () => log.push([name, "abort", request.getStore()]));
        scope.deadline = now() + 5 + index; // Set last: it must not pass before the listeners are registered.
        return scope.run((own) => own.sleep(60_000)).then(() => log.push([name, "after await", request.getStore()]));
      }),
    );
    await Promise.all(ends);
    expect(log.map(String).sort()).toEqual(
      ["A", "B", "C"].flatMap((name) => ["abort", "after await", "listener"].map((what) => `${name},${what},${name}`)),
    );
  });

  it("listeners run in the context of the code that moved the deadline to an earlier time (S10, C1)", async () => {
    const request = new AsyncLocalStorage<string>();
    const scope = request.run("first", () => new CancelScope({ deadline: now() + 60_000 }));
    const store = new Promise((resolve) => {
      scope.onCancel(() => {
        resolve(request.getStore());
      });
    });
    request.run("second", () => (scope.deadline = now() + 1));
    expect(await store).toBe("second"); // nothing checks the clock until the timer fires
    scope.close();
  });

  it("listeners run in the context of the code whose check finds the deadline passed (S9, C1)", () => {
    const request = new AsyncLocalStorage<string>();
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const scope = request.run("first", () => new CancelScope({ clock, deadline: 10 }));
    const log: unknown[] = [];
    scope.onCancel(() => log.push(request.getStore()));
    time = 10;
    request.run("second", () => scope.cancelled);
    expect(log).toEqual(["second"]);
  });

  it("code after a sleep runs in the waiter's own context, whatever else ends at the same time (C1)", async () => {
    const request = new AsyncLocalStorage<number>();
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock });
    const seen = await Promise.all(
      [1, 2, 3].map((id) =>
        request.run(id, async () => {
          await scope.sleep(10);
          return request.getStore();
        }),
      ),
    );
    expect(seen).toEqual([1, 2, 3]);
    scope.close();
  });
});

describe("what a wait retains", () => {
  let programs: ProgramFolder;

  beforeAll(async () => {
    programs = await ProgramFolder.create();
  });

  afterAll(() => {
    programs.dispose();
  });

  const flags = ["--expose-gc"];
  const collect = `
    async function collect() {
      for (let i = 0; i < 8; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        gc();
      }
    }
  `;

  it("a wait retains nothing of an ended request, including its store, while other deadlines are pending (C1)", async () => {
    const outcome = await programs.run(
      `
      import { AsyncLocalStorage } from "node:async_hooks";
      import { CancelScope, now } from "./index.js";
      ${collect}
      const request = new AsyncLocalStorage();
      const server = new CancelScope({ deadline: now() + 1e7 });
      const refs = [];
      async function handle(ms) {
        const store = {};
        refs.push(new WeakRef(store));
        await request.run(store, () =>
          CancelScope.run((scope) => scope.sleep(ms), { parent: server, deadline: now() + 5 }));
      }
      const others = new CancelScope({ parent: server, deadline: now() + 1e6 });
      await Promise.all([handle(1), handle(1_000), handle(0)]);
      await new CancelScope().sleep(1); // caches of the latest objects now hold these
      await collect();
      console.log(refs.map((ref) => ref.deref() === undefined).join(), others.cancelled);
      `,
      { flags },
    );
    expect(outcome).toEqual({ code: 0, output: "true,true,true false" });
  });

  it("a clock that is dropped with a scope still open can be collected (C1)", async () => {
    const outcome = await programs.run(
      `
      import { CancelScope } from "./index.js";
      ${collect}
      class Clock {
        timers = new Set();
        now() { return 0; }
        setTimer(callback) { const timer = { callback }; this.timers.add(timer); return timer; }
        clearTimer(timer) { this.timers.delete(timer); }
      }
      const refs = [];
      function drop() {
        const clock = new Clock();
        const scope = new CancelScope({ clock, deadline: 10 });
        void new CancelScope({ parent: scope }).sleep(5).catch(() => {});
        void scope.cancelled;
        refs.push(new WeakRef(clock), new WeakRef(scope));
      }
      for (let i = 0; i < 100; i++) drop();
      await collect();
      console.log(refs.filter((ref) => ref.deref() !== undefined).length);
      `,
      { flags },
    );
    expect(outcome).toEqual({ code: 0, output: "0" });
  });
});
