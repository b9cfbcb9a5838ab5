/** Random programs: whatever they do, the trace file keeps the rules of the format. */
import { Channel } from "@selvage/channel";
import { retry } from "@selvage/retry";
import { CancelScope } from "@selvage/scope";
import { Semaphore } from "@selvage/semaphore";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { checkEvents, checkTrace, parseTrace } from "@selvage/test-support/check-trace";
import { moveOnAfter } from "@selvage/timeout";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { traceTo } from "../src/index.js";

const acts = [
  "sleep",
  "throw",
  "cancel",
  "group",
  "supervise",
  "shield",
  "limit",
  "acquire",
  "receive",
  "scope",
  "shutdown",
  "retry",
] as const;
const step = fc.record({
  act: fc.constantFrom(...acts),
  ms: fc.integer({ min: 0, max: 20 }),
  width: fc.integer({ min: 1, max: 4 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does the steps, each within what the ones before have made. */
async function perform(steps: readonly Step[], clock: VirtualClock): Promise<void> {
  const rest = [...steps];
  const semaphore = new Semaphore(1, { name: "db" });
  const channel = new Channel<number>({ capacity: 1 });
  const root = new CancelScope({ clock, name: "root" });
  const act = async (scope: CancelScope, depth: number): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const { act: what, ms, width } = next;
      const inside = (own: CancelScope): Promise<void> => act(own, depth + 1);
      if (what === "sleep" || depth > 6) await scope.sleep(ms);
      else if (what === "throw") throw new Error("no");
      else if (what === "cancel") scope.cancel("random");
      else if (what === "scope") new CancelScope({ parent: scope, deadline: clock.now() + ms });
      else if (what === "shield")
        await CancelScope.run(inside, { parent: scope, shield: true, deadline: clock.now() + ms });
      else if (what === "limit") await moveOnAfter(ms, ({ scope: own }) => inside(own), { parent: scope });
      else if (what === "retry") await retry(inside, { parent: scope, attempts: width, backoff: { initial: ms } });
      else if (what === "acquire") await semaphore.acquire(scope);
      else if (what === "receive") await channel.receive(scope);
      else if (what === "group") {
        await TaskGroup.run(
          (group) => {
            for (let task = 0; task < width; task++) group.createTask(inside);
          },
          { parent: scope, limit: 2 },
        );
      } else {
        const backoff = { initial: 5, factor: 1, max: 5, jitter: false } as const;
        const restart = { when: "always", maxRestarts: 2, within: 1_000, backoff } as const;
        const supervisor = new Supervisor({ parent: scope, onError: () => {} });
        for (let task = 0; task < width; task++) supervisor.createTask(inside, task % 2 ? {} : { restart });
        if (what === "shutdown") await supervisor.shutdown({ grace: ms, timeout: 50 });
        else await supervisor.join();
      }
    }
  };
  const done = root.run((scope) => Promise.all([act(scope, 0), act(scope, 0).catch(() => {})]));
  const limit = clock.setTimer(() => root.cancel("the end"), 5_000);
  await done.catch(() => {});
  clock.clearTimer(limit);
}

describe("traceTo", () => {
  it("the trace of a random program keeps the rules of the format, and so does any beginning of it (N6)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 40 }),
        fc.integer({ min: 1, max: 20_000 }),
        async (steps, maxPending) => {
          const clock = new VirtualClock({ autojump: true });
          const parts: string[] = [];
          const trace = traceTo((part) => void parts.push(part), { clock, maxPending });
          await perform(steps, clock);
          const cut = parts.join("");
          expect(checkEvents(cut === "" ? [] : parseTrace(cut), { isComplete: false })).toEqual([]);
          await trace[Symbol.asyncDispose]();
          expect(checkTrace(parts.join(""))).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("and of a random program with a slow sink, where events are left out (N6)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60 }),
        fc.integer({ min: 1, max: 4_000 }),
        async (steps, maxPending) => {
          const clock = new VirtualClock({ autojump: true });
          let text = "";
          const sink = (part: string): Promise<void> => {
            text += part;
            return new Promise((resolve) => setTimeout(resolve, 0));
          };
          const trace = traceTo(sink, { clock, maxPending });
          await perform(steps, clock);
          await trace[Symbol.asyncDispose]();
          expect(checkTrace(text)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
