/** Random programs: the tree of spans equals the part of the scope tree that should have spans. */
import { CancelScope } from "@selvage/scope";
import { factsOf, observe, parentOf } from "@selvage/scope/lowlevel";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { timeout } from "@selvage/timeout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metered, traced, type Telemetry } from "./telemetry.js";

/** A part of a program. */
interface Node {
  readonly act: "group" | "supervisor" | "task" | "timeout" | "scope" | "sleep" | "throw" | "cancel" | "left open";
  readonly isNamed: boolean;
  readonly ms: number;
  readonly below: readonly Node[];
}

const acts = ["group", "supervisor", "task", "timeout", "scope", "sleep", "throw", "cancel", "left open"] as const;
/** Programs of some depth. */
function programs(depth: number): fc.Arbitrary<readonly Node[]> {
  const below = depth === 0 ? fc.constant([]) : programs(depth - 1);
  return fc.array(
    fc.record({ act: fc.constantFrom(...acts), isNamed: fc.boolean(), ms: fc.integer({ min: 0, max: 20 }), below }),
    { maxLength: 4 },
  );
}

/** Runs the parts one after the other in a scope. What they make goes into the owner, if there is one. */
async function perform(
  nodes: readonly Node[],
  scope: CancelScope,
  owner: TaskGroup | Supervisor | undefined,
): Promise<void> {
  for (const { act, isNamed, ms, below } of nodes) {
    const name = isNamed ? act : undefined;
    const options = { parent: scope, name };
    if (act === "group") await TaskGroup.run((own) => perform(below, own.scope, own), { ...options, limit: 1 + ms });
    if (act === "supervisor") {
      await Supervisor.run((own) => perform(below, own.scope, own), { ...options, onError: () => {} });
    }
    if (act === "task") {
      const restart = { when: "on-failure", maxRestarts: ms % 3, within: 60_000 } as const;
      const more = owner instanceof Supervisor && ms > 10 ? { restart } : {};
      owner?.createTask((own: CancelScope) => perform(below, own, undefined), { name, ...more });
    }
    if (act === "timeout") await timeout(ms, (own) => perform(below, own.scope, undefined), options);
    if (act === "scope") await CancelScope.run((own) => perform(below, own, undefined), options);
    if (act === "sleep") await scope.sleep(ms);
    if (act === "throw") throw new Error("no");
    if (act === "cancel") scope.cancel();
    if (act === "left open")
      void new TaskGroup(options).createTask((own) => own.sleep(ms), { name }).addDoneCallback(() => {});
  }
}

/** What should have a span, from what an observer sees: each scope, and the nearest one above that has one. */
function expectedSpans(isAll: boolean): {
  readonly parents: Map<number, number | undefined>;
  readonly observing: Disposable;
} {
  const parents = new Map<number, number | undefined>();
  const above = new Map<CancelScope, number | undefined>();
  const observing = observe({
    opened(scope) {
      const parent = parentOf(scope);
      const { id, kind, named, attempt } = factsOf(scope);
      const outer = parent && above.get(parent);
      const isSupervised = kind === "task" && factsOf(parent!).kind === "Supervisor";
      const isRun = kind === "scope" && attempt !== undefined;
      const isIn = isRun || (kind !== "scope" && (isAll || named || isSupervised));
      if (isIn) parents.set(id, outer);
      above.set(scope, isIn ? id : outer);
    },
  });
  return { parents, observing };
}

function actual({ spans }: Telemetry): Map<number, number | undefined> {
  const ids = new Map(spans().map((span) => [span.spanContext().spanId, Number(span.attributes["selvage.id"])]));
  return new Map(
    spans().map(({ attributes, parentSpanContext: parent }) => [
      Number(attributes["selvage.id"]),
      parent === undefined ? undefined : ids.get(parent.spanId),
    ]),
  );
}

describe("any program", () => {
  it.each(["named", "all"] as const)(
    "has the spans %s that its scope tree has, each ended once, and nothing is live at the end (N5)",
    async (which) => {
      await fc.assert(
        fc.asyncProperty(programs(3), async (nodes) => {
          const { meter, sums } = metered();
          const telemetry = traced({ meter, spans: which });
          const { parents, observing } = expectedSpans(which === "all");
          const clock = new VirtualClock({ autojump: true });
          const statuses = new Map<number, string>();
          const ending = observe({ closed: (scope, { status }) => void statuses.set(factsOf(scope).id, status) });
          try {
            await CancelScope.run(
              (scope) => TaskGroup.run((own) => perform(nodes, own.scope, own), { parent: scope }),
              {
                clock,
              },
            ).catch(() => {});
            await clock.advance(1_000); // what was left open ends
          } finally {
            for (const each of [observing, ending, telemetry.instrumenting]) each[Symbol.dispose]();
          }
          const spans = telemetry.spans();
          expect(actual(telemetry)).toEqual(parents);
          expect(spans.length).toBe(parents.size); // none ended twice
          for (const { attributes } of spans) {
            const status = statuses.get(Number(attributes["selvage.id"]));
            expect(attributes["selvage.status"]).toBe(status);
            if (status === "cancelled") expect(attributes["selvage.cancelled.by"]).toBeDefined();
          }
          expect((await sums("live", "queued")).filter((line) => !line.endsWith(": 0"))).toEqual([]);
        }),
        { numRuns: 150 },
      );
    },
  );
});
