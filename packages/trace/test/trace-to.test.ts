import { CancelScope } from "@selvage/scope";
import { Semaphore } from "@selvage/semaphore";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { checkTrace, parseTrace, type TraceFileEvent } from "@selvage/test-support/check-trace";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type TraceOptions, traceTo } from "../src/index.js";
import { notErrors } from "./hostile.js";

/** Traces a program on a virtual clock; returns the events without metadata and counters. Fails if the file breaks a rule. */
async function traced(
  body: (clock: VirtualClock) => unknown,
  options: TraceOptions = {},
): Promise<{ readonly text: string; readonly events: TraceFileEvent[]; readonly all: TraceFileEvent[] }> {
  const clock = new VirtualClock({ autojump: true });
  let text = "";
  const trace = traceTo((part) => void (text += part), { clock, ...options });
  await body(clock);
  await trace[Symbol.asyncDispose]();
  expect(checkTrace(text)).toEqual([]);
  const all = parseTrace(text);
  return { text, all, events: all.filter(({ ph }) => ph !== "M" && ph !== "C") };
}

/** Prints events as text: the time in milliseconds, the phase, the name, and the most important values. */
function lines(events: readonly TraceFileEvent[]): string[] {
  return events.map(({ ts, ph, name, args = {}, flow_in, flow_out, bind_id }) => {
    const { status, error, attempt, for: what } = args;
    const parts = [ts / 1_000, ph, name, ph === "e" ? status : undefined, error, attempt, what];
    if (bind_id !== undefined) parts.push(flow_out ? `→ ${bind_id}` : flow_in ? `← ${bind_id}` : "?");
    return parts.filter((part) => part !== undefined).join(" ");
  });
}

describe("traceTo", () => {
  it("each scope is a slice with one id, from its opening to its close, with kind, parent, status and error (N6)", async () => {
    const { events } = await traced((clock) =>
      TaskGroup.run(
        (group) => {
          group.createTask((scope) => scope.sleep(5), { name: "slow" });
          group.createTask((scope) => scope.sleep(2).then(() => Promise.reject(new RangeError("no"))), { name: "bad" });
        },
        { clock, name: "page" },
      ).catch(() => {}),
    );
    const flow = events.find(({ flow_out }) => flow_out)!.bind_id!;
    expect(lines(events)).toEqual([
      "0 b page",
      "0 b slow",
      "0 b bad",
      "2 e bad rejected RangeError: no",
      `2 n cancel → ${flow}`,
      `2 n cancelled ← ${flow}`,
      "2 e slow cancelled",
      '2 e page rejected ExceptionGroup: 1 task failed in TaskGroup "page": bad: no',
    ]);
    const [page, slow] = events;
    expect(page!.args).toMatchObject({ kind: "TaskGroup" });
    expect(slow!.args).toMatchObject({ kind: "task", parent: page!.args!["id"] });
    expect(events.at(-2)!.args).toMatchObject({ cancelledBy: `TaskGroup "page" #${page!.args!["id"] as number}` });
    const ids = new Map(events.map(({ name, id2 }) => [name, id2!.local]));
    expect(new Set([ids.get("page"), ids.get("slow"), ids.get("bad")]).size).toBe(3);
    expect(events.filter(({ name }) => name === "slow").map(({ id2 }) => id2)).toEqual([slow!.id2, slow!.id2]);
  });

  it("the deadline of a scope is a time on the axis of the trace, in milliseconds, at its end the final one (N6)", async () => {
    const { events } = await traced(async (clock) => {
      await clock.advance(10);
      const limited = new CancelScope({ clock, deadline: clock.now() + 50 });
      new CancelScope({ parent: limited, name: "below" }).close();
      limited.deadline = clock.now() + 70;
      limited.close();
      new CancelScope({ clock: new VirtualClock({ start: 1_000 }), deadline: 1_007, name: "other" }).close();
      new CancelScope({ clock, name: "none" }).close();
    });
    const deadlines = events.map(({ ph, name, args }) => [ph, name, args!["deadline"]]);
    expect(deadlines).toEqual([
      ["b", "scope", undefined],
      ["b", "below", 60],
      ["e", "below", undefined],
      ["e", "scope", 80],
      ["b", "other", undefined],
      ["e", "other", 17],
      ["b", "none", undefined],
      ["e", "none", undefined],
    ]);
  });

  it("a task in the queue has a slice for that time, and waits have one, with what it waits for (N6)", async () => {
    const semaphore = new Semaphore(1, { name: "db" });
    const { events } = await traced((clock) =>
      TaskGroup.run(
        (group) => {
          for (const name of ["one", "two"]) {
            group.createTask(
              async (scope) => {
                const permit = await semaphore.acquire(scope);
                await scope.sleep(3);
                permit.release();
              },
              { name },
            );
          }
          group.createTask(() => {}, { name: "three" });
        },
        { clock, limit: 2, name: "crew" },
      ),
    );
    const own = (name: string): string[] => {
      const { id2 } = events.find((event) => event.name === name)!;
      return lines(events.filter((event) => event.id2!.local === id2!.local));
    };
    expect(own("two")).toEqual(["0 b two", '0 b waits semaphore "db"', "3 e waits", "6 e two fulfilled"]);
    expect(own("three")).toEqual(["0 b three", "0 b queued", "3 e queued", "3 e three fulfilled"]);
  });

  it("several waits of one scope at a time are one slice, and the later ones instants in it (N6)", async () => {
    const { events } = await traced(async (clock) => {
      const [a, b] = [new Semaphore(1, { name: "a" }), new Semaphore(1, { name: "b" })];
      const scope = new CancelScope({ clock, name: "both" });
      const held = await Promise.all([a.acquire(scope), b.acquire(scope)]);
      const waits = [a.acquire(scope), b.acquire(scope)];
      await clock.advance(1);
      held[0].release();
      await waits[0];
      await clock.advance(1);
      held[1].release();
      for (const permit of await Promise.all(waits)) permit.release();
      scope.close();
    });
    expect(lines(events)).toEqual([
      "0 b both",
      '0 b waits semaphore "a"',
      '0 n waits as well semaphore "b"',
      "2 e waits",
      "2 e both fulfilled",
    ]);
  });

  it("a cancellation is an arrow from its root to everything that it cancelled, and not to what is shielded or was cancelled before (N6)", async () => {
    const { events } = await traced((clock) => {
      const root = new CancelScope({ clock, name: "root" });
      const a = new CancelScope({ parent: root, name: "a" });
      new CancelScope({ parent: a, name: "a1" });
      const shield = new CancelScope({ parent: root, name: "shield", shield: true });
      new CancelScope({ parent: shield, name: "behind" });
      const before = new CancelScope({ parent: root, name: "before" });
      before.cancel();
      root.cancel("enough");
      new CancelScope({ parent: a, name: "late" });
    });
    const arrows = events
      .filter(({ bind_id }) => bind_id !== undefined)
      .map(({ id2, ph, flow_out, bind_id }) => [
        events.find((event) => event.id2!.local === id2!.local)!.name,
        ph,
        flow_out ? "out" : "in",
        bind_id,
      ]);
    const [first, second] = [arrows[0]![3], arrows[1]![3]];
    expect(first).not.toBe(second);
    expect(arrows).toEqual([
      ["before", "n", "out", first],
      ["root", "n", "out", second],
      ["a", "n", "in", second],
      ["a1", "n", "in", second],
      ["late", "b", "in", second],
    ]);
    expect(events.find(({ name }) => name === "cancel")!.args).toEqual({ reason: '"before" was cancelled' });
  });

  it("a deadline that passes and an AbortSignal are roots of arrows, too (N6)", async () => {
    const { events } = await traced(async (clock) => {
      await CancelScope.run((scope) => scope.sleep(60), { clock, deadline: clock.now() + 5, name: "limited" });
      const controller = new AbortController();
      const child = new CancelScope({ clock, parent: controller.signal, name: "child" });
      controller.abort();
      child.close();
    });
    expect(
      lines(events.filter(({ bind_id }) => bind_id !== undefined)).map((line) => line.replace(/0x\w+/, "id")),
    ).toEqual(["5 n cancel → cancel id", "5 n cancel → cancel id", "5 n cancelled ← cancel id"]);
  });

  it("failures and restarts are instants, also a failure after which the task has closed (N6)", async () => {
    const { events, all } = await traced(async (clock) => {
      const supervisor = new Supervisor({ clock, name: "jobs", onError: () => {} });
      let runs = 0;
      const fn = async (): Promise<void> => {
        if (++runs < 4) throw new Error(`run ${runs}`);
      };
      const backoff = { initial: 10, factor: 1, max: 10, jitter: false } as const;
      const restart = { when: "on-failure", maxRestarts: 2, within: 1_000, backoff } as const;
      supervisor.createTask(fn, { name: "job", restart });
      await supervisor.join();
    });
    const { id2 } = events.find(({ name }) => name === "job")!;
    const limit = 'RestartLimitError: task "job" ended again after 2 restarts within 1000 ms';
    expect(lines(events.filter((event) => event.id2!.local === id2!.local))).toEqual([
      "0 b job",
      "0 n failure Error: run 1 1",
      "10 n restart 2",
      "10 n failure Error: run 2 2",
      "20 n restart 3",
      "20 n failure Error: run 3 3",
      `20 e job rejected ${limit}`,
      `20 n failure ${limit} 3`,
    ]);
    const restarting = all.filter(({ name }) => name === "tasks").map(({ args }) => args!["restarting"]);
    expect(restarting).toContain(1);
  });

  it("the phases of a shutdown are slices inside one for the shutdown, on a track beside that of the supervisor (N6)", async () => {
    const { events } = await traced(async (clock) => {
      const supervisor = new Supervisor({ clock, name: "jobs", onError: () => {} });
      supervisor.createTask(
        (scope) => new Promise((resolve) => void scope.onCancel(() => clock.setTimer(resolve as () => void, 30))),
        {
          name: "slow",
        },
      );
      await supervisor.shutdown({ grace: 20 });
    });
    const track = events.filter(({ cat }) => cat === "selvage.shutdown");
    expect(new Set(track.map(({ id2 }) => id2!.local)).size).toBe(1);
    expect(lines(track)[0]).toBe("0 b shutdown of jobs");
    expect(lines(track).at(-1)).toBe("50 e shutdown of jobs");
    expect(lines(track)).toContain("20 b cancelled");
    expect(lines(track)).toContain("50 e cancelled");
  });

  it("counters say how many tasks are live, running, queued and restarting, and how many scopes, once for each time (N6)", async () => {
    const { all } = await traced((clock) =>
      TaskGroup.run(
        (group) => {
          for (let task = 0; task < 3; task++) group.createTask((scope) => scope.sleep(10));
        },
        { clock, limit: 2 },
      ),
    );
    const values = (name: string): unknown[] =>
      all.filter((event) => event.ph === "C" && event.name === name).map(({ ts, args }) => [ts / 1_000, args]);
    expect(values("tasks")).toEqual([
      [0, { live: 3, running: 2, queued: 1, restarting: 0 }],
      [10, { live: 1, running: 1, queued: 0, restarting: 0 }],
      [20, { live: 0, running: 0, queued: 0, restarting: 0 }],
    ]);
    expect(values("scopes")).toEqual([
      [0, { live: 4 }],
      [10, { live: 2 }],
      [20, { live: 0 }],
    ]);
  });

  it("metadata names the process and the thread, with the process's id (N6)", async () => {
    const { all } = await traced(() => {}, { name: "shop" });
    expect(all.slice(0, 2)).toMatchObject([
      { ph: "M", name: "process_name", pid: process.pid, args: { name: "shop" } },
      { ph: "M", name: "thread_name", args: { name: expect.any(String) as string } },
    ]);
  });

  it("all scopes lie on the axis of one clock, whatever their own, and time never goes backwards or fails (N6)", async () => {
    let time = 5;
    const clock = new VirtualClock();
    const odd = {
      now: (): number => {
        if (Number.isNaN(time)) throw new Error("broken");
        return time;
      },
      setTimer: clock.setTimer.bind(clock),
      clearTimer: clock.clearTimer.bind(clock),
    };
    const { events } = await traced(
      () => {
        time = 8;
        const a = new CancelScope({ name: "a", clock });
        time = 6;
        const b = new CancelScope({ name: "b" });
        time = NaN;
        a.close();
        time = Infinity;
        b.close();
      },
      { clock: odd },
    );
    expect(events.map(({ ts }) => ts)).toEqual([3_000, 3_000, 3_000, 3_000]);
  });

  it("a scope whose own clock throws is traced all the same (N6)", async () => {
    const broken = new VirtualClock();
    let isBroken = false;
    const clock = {
      now: (): number => {
        if (isBroken) throw new Error("broken");
        return 1;
      },
      setTimer: broken.setTimer.bind(broken),
      clearTimer: broken.clearTimer.bind(broken),
    };
    const { events } = await traced(() => {
      const parent = new CancelScope({ clock: new VirtualClock(), deadline: 50 });
      const child = new CancelScope({ parent, clock, name: "child" });
      isBroken = true;
      new CancelScope({ parent: child, name: "grandchild" }).close();
      isBroken = false;
      child.close();
      parent.close();
    });
    expect(lines(events).map((line) => line.slice(2))).toEqual([
      "b scope",
      "b child",
      "b grandchild",
      "e grandchild fulfilled",
      "e child fulfilled",
      "e scope fulfilled",
    ]);
  });

  it("a scope that was opened before is shown from its next event on, with those above it (N6)", async () => {
    const clock = new VirtualClock();
    const root = new CancelScope({ clock, name: "root" });
    const middle = new CancelScope({ parent: root, name: "middle" });
    const child = new CancelScope({ parent: middle, name: "child" });
    const silent = new CancelScope({ parent: root, name: "silent" });
    const { events } = await traced(() => {
      silent.close();
      child.cancel();
    });
    expect(lines(events).map((line) => line.replace(/0x\w+/, "id"))).toEqual([
      "0 b root",
      "0 b middle",
      "0 b child",
      "0 n cancel → cancel id",
      "0 e root open when the trace ended",
      "0 e middle open when the trace ended",
      "0 e child open when the trace ended",
    ]);
    expect(events[0]!.args).toMatchObject({ opened: "before the trace" });
  });

  it("disposing ends what is open, and a second disposal returns the same end (N6)", async () => {
    const clock = new VirtualClock();
    let text = "";
    const trace = traceTo((part) => void (text += part), { clock });
    const scope = new CancelScope({ clock, name: "open" });
    const ended = trace[Symbol.asyncDispose]();
    expect(trace[Symbol.asyncDispose]()).toBe(ended);
    await ended;
    scope.close();
    new CancelScope().close();
    expect(checkTrace(text)).toEqual([]);
    expect(text).toContain("open when the trace ended");
  });

  it("disposing in the middle, by an observer of the same event, leaves a complete file (N6)", async () => {
    let text = "";
    const trace = traceTo((part) => void (text += part));
    let ended: PromiseLike<void> | undefined;
    await TaskGroup.run((group) => {
      group.createTask((scope) => {
        scope.onCancel(() => {
          ended = trace[Symbol.asyncDispose]();
        });
        return scope.sleep(Infinity);
      });
      group.cancel();
    });
    await ended;
    expect(checkTrace(text)).toEqual([]);
  });

  it("two traces at a time are both complete (N6)", async () => {
    let first = "";
    let second = "";
    const clock = new VirtualClock();
    const one = traceTo((part) => void (first += part), { clock });
    const two = traceTo((part) => void (second += part), { clock });
    await CancelScope.run(() => {}, { clock, name: "both" });
    await one[Symbol.asyncDispose]();
    await CancelScope.run(() => {}, { clock, name: "only two" });
    await two[Symbol.asyncDispose]();
    expect([checkTrace(first), checkTrace(second)]).toEqual([[], []]);
    expect([first, second].map((text) => text.includes("only two"))).toEqual([false, true]);
  });

  it("names with control characters, quotes and lone surrogates, and very long ones, are bounded and escaped (N6)", async () => {
    const { events } = await traced((clock) => {
      for (const name of ['a"\n\u0000\u202e', "\ud800", "x".repeat(1e6), "", "__proto__", "]\n"]) {
        new CancelScope({ clock, name }).close();
      }
    });
    expect(events.filter(({ ph }) => ph === "b").map(({ name }) => name)).toEqual([
      'a"\\n\\x00\\u202e',
      "\\ud800",
      `${"x".repeat(99)}…`,
      "scope",
      "__proto__",
      "]\\n",
    ]);
  });

  it.each(notErrors)("any value may be thrown: $title (N6)", async ({ value }) => {
    const { events } = await traced(async (clock) => {
      const supervisor = new Supervisor({ clock, onError: () => {} });
      supervisor.createTask(() => Promise.reject(value), { name: "bad" });
      await supervisor.join();
    });
    const texts = events.filter(({ name, ph }) => name === "failure" || (name === "bad" && ph === "e"));
    expect(texts.map(({ args }) => typeof args!["error"])).toEqual(["string", "string"]);
  });

  it("a trace of 20,000 tasks that are cancelled at once is complete (N6)", async () => {
    const { events } = await traced(
      async (clock) => {
        await TaskGroup.run(
          async (group) => {
            for (let task = 0; task < 20_000; task++) group.createTask((scope) => scope.sleep(60_000));
            await settled();
            group.cancel();
          },
          { clock },
        );
      },
      { maxPending: 1_000_000_000 },
    );
    expect(events.filter(({ flow_in }) => flow_in)).toHaveLength(20_000);
  });
});
