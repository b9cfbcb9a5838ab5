import { CancelScope, InvalidStateError } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { type Messages, publish, traceTo, userTiming } from "@selvage/trace";
import { assert } from "chai";
import { type Check, rejection, skip, suite, turn } from "./harness.js";

interface Event {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly id2?: { readonly local: string };
  readonly bind_id?: string;
  readonly flow_out?: true;
  readonly flow_in?: true;
  readonly args?: { readonly status?: string };
}

/** A group whose tasks are cancelled. */
async function program(clock?: VirtualClock): Promise<void> {
  await TaskGroup.run(
    async (group) => {
      for (const name of ["one", "two"]) group.createTask((scope) => scope.sleep(60_000), { name });
      await turn();
      group.cancel("enough");
    },
    { name: "page", clock },
  );
}

interface Channels {
  subscribe(name: string, listener: (message: unknown) => void): void;
  unsubscribe(name: string, listener: (message: unknown) => void): void;
}

/** The diagnostics channels of the runtime; `undefined` where there are none, or where they cannot be looked up. */
function channels(): Channels | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.("node:diagnostics_channel") as Channels | undefined;
}

export const traces: readonly Check[] = suite("@selvage/trace", (check) => {
  check(
    "N6",
    "traceTo writes nested slices for each scope, and an arrow from a cancel to what it cancelled",
    async () => {
      let text = "";
      const trace = traceTo((part) => void (text += part), { clock: new VirtualClock() });
      await program();
      await trace[Symbol.asyncDispose]();
      const events = (JSON.parse(text) as Event[]).filter(({ ph }) => "ben".includes(ph));
      assert.deepEqual(
        events.map(({ ph, name }) => `${ph} ${name}`),
        ["b page", "b one", "b two", "n cancel", "n cancelled", "n cancelled", "e one", "e two", "e page"],
      );
      const [cancel, ...cancelled] = events.filter(({ bind_id: flow }) => flow !== undefined);
      assert.isTrue(cancel!.flow_out);
      assert.deepEqual(
        cancelled.map(({ flow_in: isEnd, bind_id: flow }) => [isEnd, flow]),
        [1, 2].map(() => [true, cancel!.bind_id]),
      );
      assert.deepEqual(
        events.slice(-3).map(({ args }) => args!.status),
        ["cancelled", "cancelled", "cancelled"],
      );
    },
  );

  check("N6", "a WritableStream gets the trace as bytes, and is closed", async () => {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const text = new Response(readable).text();
    const trace = traceTo(writable);
    await program();
    await trace[Symbol.asyncDispose]();
    assert.isArray(JSON.parse(await text));
  });

  check("N6", "a sink that fails rejects the disposal, and does not affect the program", async () => {
    const error = new TypeError("full");
    const trace = traceTo(() => Promise.reject(error));
    await program();
    assert.strictEqual(await rejection(trace[Symbol.asyncDispose]()), error);
  });

  check("N6", "userTiming makes measures with the detail of the Performance panel, and keeps none", async () => {
    const { performance } = globalThis as { readonly performance: Partial<Performance> };
    if (typeof performance.measure !== "function") skip("this runtime does not have performance.measure");
    const measured: { readonly name: string; readonly detail?: unknown }[] = [];
    const measure = performance.measure.bind(performance);
    performance.measure = (...args: Parameters<Performance["measure"]>) => {
      const made = measure(...args);
      measured.push({ name: args[0], detail: (args[1] as PerformanceMeasureOptions).detail });
      return made;
    };
    const timing = userTiming({ track: "tree" });
    try {
      await CancelScope.run(() => {}, { name: "page" });
    } finally {
      timing[Symbol.dispose]();
      Reflect.deleteProperty(performance, "measure"); // the method of the prototype is found again
    }
    assert.strictEqual(measured.length, 1);
    const { devtools } = measured[0]!.detail as { readonly devtools: object };
    assert.deepInclude(devtools, { dataType: "track-entry", track: "tree" });
    assert.deepEqual(performance.getEntriesByName!(measured[0]!.name), []);
  });

  check("N6", "publish sends plain messages on diagnostics channels, or says that there are none", async () => {
    const diagnostics = channels();
    if (diagnostics === undefined) {
      assert.throws(() => publish(), InvalidStateError, "needs node:diagnostics_channel");
      return;
    }
    const closed: string[] = [];
    const listener = (message: unknown): void => {
      const { name, status } = message as Messages["selvage:scope:close"];
      closed.push(`${name}: ${status}`);
    };
    diagnostics.subscribe("selvage:scope:close", listener);
    const publishing = publish();
    try {
      await program();
    } finally {
      publishing[Symbol.dispose]();
      diagnostics.unsubscribe("selvage:scope:close", listener);
    }
    await program();
    assert.deepEqual(closed, ["one: cancelled", "two: cancelled", "page: cancelled"]);
  });
});
