import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type VirtualTimer, VirtualTimers } from "../src/virtual-timers.js";

function drain(timers: VirtualTimers): VirtualTimer[] {
  const taken: VirtualTimer[] = [];
  for (let timer = timers.take(); timer !== undefined; timer = timers.take()) taken.push(timer);
  return taken;
}

const dueTime = fc.constantFrom(0, 1, 1.5, 2, 1e300, Infinity);
const rank = fc.constantFrom(0, 0.5, 1);

describe("VirtualTimers", () => {
  it("timers are in order of due time, those due together in order of rank, then of setting (C1, C2)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(dueTime, rank)), (commands) => {
        const timers = new VirtualTimers();
        const added = commands.map(([due, rank]) => timers.add(() => {}, due, rank));
        const compare = (one: number, other: number): number => (one < other ? -1 : Number(one > other));
        const expected = [...added].sort(
          (one, other) => compare(one.due, other.due) || compare(one.rank, other.rank), // a stable sort
        );
        expect(drain(timers)).toEqual(expected);
      }),
    );
  });

  it("exactly the named timer is removed, after any sequence of additions and removals (C2)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(dueTime, rank, fc.boolean())), (commands) => {
        const timers = new VirtualTimers();
        const added = commands.map(([due, rank, removed]) => ({ timer: timers.add(() => {}, due, rank), removed }));
        for (const { timer, removed } of added) if (removed) expect(timers.remove(timer)).toBe(true);
        const left = added.filter(({ removed }) => !removed).map(({ timer }) => timer);
        expect(timers.size).toBe(left.length);
        expect(new Set(drain(timers))).toEqual(new Set(left));
      }),
    );
  });

  it("the time of the next due timer is known, and is Infinity without one", () => {
    const timers = new VirtualTimers();
    expect(timers.next).toBe(Infinity);
    timers.add(() => {}, 7, 0);
    timers.add(() => {}, 3, 1);
    expect(timers.next).toBe(3);
  });

  it("timers that are not in the collection are ignored: taken, removed, another clock's, or not a timer", () => {
    const timers = new VirtualTimers();
    const other = new VirtualTimers();
    const taken = timers.add(() => {}, 1, 0);
    timers.take();
    const removed = timers.add(() => {}, 1, 1);
    timers.remove(removed);
    timers.add(() => {}, 1, 2);
    for (const timer of [taken, removed, other.add(() => {}, 1, 0), undefined, null, 3, {}]) {
      expect(timers.remove(timer)).toBe(false);
    }
    expect([timers.size, other.size]).toEqual([1, 1]);
  });
});
