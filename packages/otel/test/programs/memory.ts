/** Prints how many bytes are retained for each task, and which spans of dropped scopes were not ended. Run it with --expose-gc. */
import type { Meter, Tracer } from "@opentelemetry/api";
import { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { instrument } from "../../src/index.js";

/** How many tasks are run. */
const ROUNDS = Number(process.env["ROUNDS"] ?? 30_000);

let open = 0;
/** Spans that hold memory, so that one that is retained is noticed. */
const tracer: Tracer = {
  startSpan() {
    open++;
    const span = {
      payload: new Array<number>(64).fill(0),
      spanContext: () => ({ traceId: "0", spanId: "0", traceFlags: 1 }),
      end() {
        open--;
      },
    };
    for (const method of ["setAttribute", "setAttributes", "setStatus", "addEvent", "recordException"]) {
      Object.assign(span, { [method]: () => span });
    }
    return span as never;
  },
  startActiveSpan: undefined as never,
};
const counter = { add() {}, record() {} };
const meter = {
  createCounter: () => counter,
  createUpDownCounter: () => counter,
  createHistogram: () => counter,
} as unknown as Meter;

instrument({ tracer, meter, filter: (root) => root.name !== "excluded", metricNames: ["kept"] });
const supervisor = new Supervisor({ name: "pool", onError: () => {} });

async function run(count: number): Promise<void> {
  for (let started = 0; started < count; started += 1_000) {
    for (let number = 0; number < 1_000; number++) {
      const fail = number % 4 === 1;
      const restart =
        number % 100 === 1
          ? ({ when: "on-failure", maxRestarts: 1, within: 1_000, backoff: { initial: 0 } } as const)
          : undefined;
      const task = supervisor.createTask(() => (fail ? Promise.reject(new Error("no")) : undefined), {
        name: `task ${number}`,
        restart,
      });
      if (number % 4 === 2) task.cancel();
      if (number % 4 === 3) void TaskGroup.run(() => {}, { name: number % 8 === 3 ? "excluded" : "kept" });
      if (number % 50 === 0) new CancelScope({ parent: new AbortController().signal }).close();
    }
    await supervisor.idle(supervisor.scope);
    await nextTurn();
  }
}

/** Opens groups that are dropped and never closed. */
function drop(count: number): void {
  for (let number = 0; number < count; number++) new TaskGroup({ name: "dropped" });
}

await run(20_000);
const before = await heapUsed();
await run(ROUNDS);
const kept = ((await heapUsed()) - before) / ROUNDS;
const openAfterTasks = open; // the supervisor's
drop(1_000);
const openAfterDrop = open;
for (let round = 0; round < 20 && open > 1; round++) await heapUsed();
console.log(JSON.stringify({ kept, openAfterTasks, openAfterDrop, openAtEnd: open }));
await supervisor.shutdown();
