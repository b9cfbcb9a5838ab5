/** What observers are told of random programs that use every primitive (N2). */
import { CancelScope, type Clock } from "@selvage/scope";
import { factsOf, observe, parentOf } from "@selvage/scope/lowlevel";
import { Supervisor } from "@selvage/supervisor";
import { gather, map, race, TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { shield, timeout } from "@selvage/timeout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const ACTS = [
  "sleep",
  "group",
  "supervisor",
  "timeout",
  "shield",
  "gather",
  "map",
  "race",
  "signal",
  "task",
  "idle group",
  "left open",
  "broken clock",
  "cancel",
  "close",
  "shutdown",
  "deaf",
  "throw",
] as const;

/** A statement, and those in it. `n` is its number: a delay, a limit, or which one. */
interface Act {
  readonly act: (typeof ACTS)[number];
  readonly n: number;
  readonly inner: readonly Act[];
}

const { acts } = fc.letrec<{ acts: Act[]; act: Act }>((tie) => ({
  acts: fc.array(tie("act"), { maxLength: 6 }),
  act: fc.record({
    act: fc.constantFrom(...ACTS),
    n: fc.nat({ max: 4 }),
    inner: fc.oneof({ depthSize: "small" }, fc.constant<Act[]>([]), tie("acts")),
  }),
}));

/** Runs a program. Everything that it leaves open by hand is closed at the end. */
class Program {
  readonly clock: VirtualClock = new VirtualClock({ autojump: true });
  readonly #scopes: CancelScope[] = [];
  readonly #supervisors: Supervisor[] = [];
  readonly #pending: Promise<unknown>[] = [];
  /** How many statements may still run: supervisors in supervisors restart each other's tasks. */
  #budget = 300;

  async run(statements: readonly Act[]): Promise<void> {
    const root = new CancelScope({ clock: this.clock });
    this.#scopes.push(root);
    await this.#all(root, statements).catch(() => {});
    root.cancel();
    await Promise.allSettled(this.#pending);
    for (const supervisor of this.#supervisors) await supervisor.join().catch(() => {});
    await this.clock.runAll();
    for (const scope of this.#scopes.reverse()) scope.close();
  }

  async #all(scope: CancelScope, statements: readonly Act[]): Promise<void> {
    this.#scopes.push(scope);
    for (const each of statements) await this.#one(scope, each);
  }

  async #one(parent: CancelScope, { act, n, inner }: Act): Promise<unknown> {
    const body = (scope: CancelScope): Promise<void> => this.#all(scope, inner);
    const bodies = Array.from({ length: n }, () => body);
    const { clock } = this;
    if (this.#budget-- <= 0) return undefined;
    switch (act) {
      case "sleep":
        return parent.sleep(n);
      case "group":
        return TaskGroup.run((group) => void bodies.map((each) => group.createTask(each)), { parent, limit: 2 });
      case "supervisor": {
        const restart = {
          when: "on-failure",
          maxRestarts: n,
          within: 100,
          backoff: { initial: n, jitter: false },
        } as const;
        const options = { parent, onError: () => {}, ...(n % 2 === 0 && { drain: { grace: n, timeout: 2 * n } }) };
        return Supervisor.run((jobs) => {
          this.#supervisors.push(jobs);
          for (const each of bodies) jobs.createTask(each, { restart, stage: n % 3 });
        }, options);
      }
      case "timeout":
        return timeout(n, ({ scope }) => body(scope), { parent });
      case "shield":
        return shield(n, ({ scope }) => body(scope), { parent });
      case "gather":
        return gather(bodies, { parent, limit: 1 });
      case "map":
        return map(bodies, (each, scope) => each(scope), { parent, limit: 2 });
      case "race":
        return race([...bodies, (scope) => scope.sleep(n)], { parent });
      case "signal": {
        const scope = new CancelScope({ parent: AbortSignal.any([parent.signal]), clock });
        this.#scopes.push(scope);
        return scope.run(body);
      }
      case "task":
        this.#supervisors.at(-1)?.createTask(body);
        return undefined;
      case "idle group":
        return new TaskGroup({ parent });
      case "left open":
        this.#scopes.push(new CancelScope({ parent, deadline: clock.now() + n }));
        return undefined;
      case "broken clock": {
        const broken: Clock = {
          now: () => clock.now(),
          setTimer() {
            throw new Error("broken");
          },
          clearTimer() {},
        };
        this.#scopes.push(new CancelScope({ parent, clock: broken, deadline: clock.now() + n }));
        return undefined;
      }
      case "cancel":
        this.#scopes[n]?.cancel();
        return undefined;
      case "close":
        this.#scopes[n]?.close();
        return undefined;
      case "shutdown":
        this.#pending.push(this.#supervisors[0]?.shutdown({ grace: n, timeout: 2 * n }) ?? Promise.resolve());
        return undefined;
      case "deaf":
        return new Promise<void>((resolve) => void clock.setTimer(resolve, 10 * n));
      case "throw":
        throw new Error("no");
    }
  }
}

/** Checks the events of a program, and what is left at its end. */
function observing(wrong: string[]) {
  const states = new Map<CancelScope, "open" | "started" | "closed">();
  const cancelled = new Set<CancelScope>();
  const isOpen = (scope: CancelScope | undefined): boolean =>
    scope === undefined || (states.has(scope) && states.get(scope) !== "closed");
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  const registration = observe({
    opened(scope) {
      expectThat(!states.has(scope), "opened twice");
      expectThat(isOpen(parentOf(scope)), "opened without its parent");
      states.set(scope, "open");
    },
    started(scope) {
      expectThat(states.get(scope) === "open", "started when not open, or twice");
      states.set(scope, "started");
    },
    cancelled(scope, reason) {
      expectThat(isOpen(scope), "cancelled when not open");
      expectThat(!cancelled.has(scope), "cancelled twice");
      expectThat(factsOf(scope).cancelledBy === reason.scope, "cancelled for another reason");
      cancelled.add(scope);
    },
    failed(scope) {
      expectThat(states.has(scope), "failed without having been opened");
    },
    closed(scope, { status, error }) {
      const parent = parentOf(scope);
      expectThat(isOpen(scope), "closed when not open");
      expectThat(isOpen(parent), "closed after its parent");
      const { kind, status: now } = factsOf(scope);
      const isDone = kind === "task" && ["fulfilled", "rejected", "cancelled"].includes(now); // else closed by hand
      expectThat(!isDone || status === now, `closed as ${status}, but ${now}`);
      expectThat(status === "rejected" || error === undefined, "an error of what is not rejected");
      states.set(scope, "closed");
    },
  });
  return { states, registration };
}

describe("the events of a random program", () => {
  it("tell of each scope once, in order, from its opening to its end (N2)", async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (statements) => {
        const wrong: string[] = [];
        const { states, registration } = observing(wrong);
        try {
          await new Program().run(statements);
        } finally {
          registration[Symbol.dispose]();
        }
        expect(wrong).toEqual([]);
        expect([...states].filter(([, state]) => state !== "closed").map(([scope]) => factsOf(scope))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("are the same with another observer, whose run loses what it should return: the program does not change (N2)", async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (statements) => {
        const events = async (): Promise<string[]> => {
          const log: string[] = [];
          using _ = observe({
            opened: (scope) => log.push(`open ${factsOf(scope).kind}`),
            cancelled: (scope) => log.push(`cancel ${factsOf(scope).kind}`),
            closed: (scope, { status }) => log.push(`close ${factsOf(scope).kind} ${status}`),
          });
          await new Program().run(statements);
          return log;
        };
        const without = await events();
        using _ = observe({
          run: (_scope, fn) => {
            fn();
            return undefined as never;
          },
          cancelled() {},
        });
        expect(await events()).toEqual(without);
      }),
      { numRuns: 200 },
    );
  });
});
