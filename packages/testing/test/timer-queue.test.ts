import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerQueue, type VirtualTimer } from "../src/timer-queue.js";

function drain(queue: TimerQueue): VirtualTimer[] {
  const timers: VirtualTimer[] = [];
  for (let timer = queue.take(); timer !== undefined; timer = queue.take()) timers.push(timer);
  return timers;
}

describe("TimerQueue", () => {
  it("gives the timers in order of due time, those due together in order of setting (C2)", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 1.5, 2, 1e300, Infinity)), (dues) => {
        const queue = new TimerQueue();
        const timers = dues.map((due) => queue.add(() => {}, due));
        const expected = [...timers].sort((one, other) => (one.due < other.due ? -1 : Number(one.due > other.due)));
        expect(drain(queue)).toEqual(expected);
      }),
    );
  });

  it("removes exactly the timer that was named, after any sequence of additions and removals (C2)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean())), (commands) => {
        const queue = new TimerQueue();
        const timers = commands.map(([due, removed]) => ({ timer: queue.add(() => {}, due), removed }));
        for (const { timer, removed } of timers) if (removed) expect(queue.remove(timer)).toBe(true);
        const left = timers.filter(({ removed }) => !removed).map(({ timer }) => timer);
        expect(queue.size).toBe(left.length);
        expect(new Set(drain(queue))).toEqual(new Set(left));
      }),
    );
  });

  it("says when the next timer is due, Infinity without one", () => {
    const queue = new TimerQueue();
    expect(queue.next).toBe(Infinity);
    queue.add(() => {}, 7);
    queue.add(() => {}, 3);
    expect(queue.next).toBe(3);
  });

  it("leaves alone what it does not hold: taken, removed, another queue's, no timer at all", () => {
    const queue = new TimerQueue();
    const other = new TimerQueue();
    const taken = queue.add(() => {}, 1);
    queue.take();
    const removed = queue.add(() => {}, 1);
    queue.remove(removed);
    queue.add(() => {}, 1);
    for (const timer of [taken, removed, other.add(() => {}, 1), undefined, null, 3, {}]) {
      expect(queue.remove(timer)).toBe(false);
    }
    expect([queue.size, other.size]).toEqual([1, 1]);
  });
});
