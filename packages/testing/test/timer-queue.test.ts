import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerQueue, type VirtualTimer } from "../src/timer-queue.js";

function drain(queue: TimerQueue): VirtualTimer[] {
  const timers: VirtualTimer[] = [];
  for (let timer = queue.take(); timer !== undefined; timer = queue.take()) timers.push(timer);
  return timers;
}

const dueTime = fc.constantFrom(0, 1, 1.5, 2, 1e300, Infinity);
const rank = fc.constantFrom(0, 0.5, 1);

describe("TimerQueue", () => {
  it("gives the timers in order of due time, those due together in order of rank, then of setting (C2)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(dueTime, rank)), (commands) => {
        const queue = new TimerQueue();
        const timers = commands.map(([due, rank]) => queue.add(() => {}, due, rank));
        const compare = (one: number, other: number): number => (one < other ? -1 : Number(one > other));
        const expected = [...timers].sort(
          (one, other) => compare(one.due, other.due) || compare(one.rank, other.rank), // a stable sort
        );
        expect(drain(queue)).toEqual(expected);
      }),
    );
  });

  it("removes exactly the timer that was named, after any sequence of additions and removals (C2)", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(dueTime, rank, fc.boolean())), (commands) => {
        const queue = new TimerQueue();
        const timers = commands.map(([due, rank, removed]) => ({ timer: queue.add(() => {}, due, rank), removed }));
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
    queue.add(() => {}, 7, 0);
    queue.add(() => {}, 3, 1);
    expect(queue.next).toBe(3);
  });

  it("leaves alone what it does not hold: taken, removed, another queue's, no timer at all", () => {
    const queue = new TimerQueue();
    const other = new TimerQueue();
    const taken = queue.add(() => {}, 1, 0);
    queue.take();
    const removed = queue.add(() => {}, 1, 1);
    queue.remove(removed);
    queue.add(() => {}, 1, 2);
    for (const timer of [taken, removed, other.add(() => {}, 1, 0), undefined, null, 3, {}]) {
      expect(queue.remove(timer)).toBe(false);
    }
    expect([queue.size, other.size]).toEqual([1, 1]);
  });
});
