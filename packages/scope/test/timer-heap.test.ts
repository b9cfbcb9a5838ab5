import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TimerEntry, TimerHeap } from "../src/timer-heap.js";

class Entry implements TimerEntry {
  heapIndex = -1;
  readonly keepsAlive = true;

  timePassed(): void {}
}

/** Takes out the earliest, and whatever gaps are before it. */
function takeEarliest(heap: TimerHeap): TimerEntry {
  for (;;) {
    const before = heap.firstKey;
    const taken = heap.takeFirst();
    expect(heap.firstKey).toBeGreaterThanOrEqual(before);
    if (taken !== undefined) return taken;
  }
}

describe("TimerHeap", () => {
  it("is empty at first, and its first key is Infinity then", () => {
    const heap = new TimerHeap();
    expect([heap.size, heap.firstKey, heap.earliestKey()]).toEqual([0, Infinity, Infinity]);
  });

  it("knows its earliest entry, and the key of each", () => {
    const heap = new TimerHeap();
    const [early, late] = [new Entry(), new Entry()];
    heap.push(late, 20, 0);
    heap.push(early, 10, 1);
    expect([heap.firstKey, heap.keyOf(early), heap.keyOf(late)]).toEqual([10, 10, 20]);
    expect(heap.takeFirst()).toBe(early);
    expect([early.heapIndex, heap.size, heap.firstKey]).toEqual([-1, 1, 20]);
  });

  it("is before another whose earliest entry comes later: by key, then by order", () => {
    const heapOf = (...entries: [key: number, order: number][]): TimerHeap => {
      const heap = new TimerHeap();
      for (const [key, order] of entries) heap.push(new Entry(), key, order);
      return heap;
    };
    const one = heapOf([30, 0], [10, 3]);
    expect([one.isBefore(heapOf([20, 1])), heapOf([20, 1]).isBefore(one)]).toEqual([true, false]);
    expect([one.isBefore(heapOf([10, 4])), one.isBefore(heapOf([10, 2]))]).toEqual([true, false]);
    expect([one.isBefore(heapOf()), heapOf().isBefore(one)]).toEqual([true, false]);
  });

  it("keeps its order where what takes a removed entry's place comes before what is above it", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 12, maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (keys, removals) => {
          const heap = new TimerHeap();
          let left = keys.map((key, order) => {
            const entry = new Entry();
            heap.push(entry, key, order);
            return { entry, key };
          });
          for (const removal of removals) {
            const gone = left[removal % left.length]!;
            heap.remove(gone.entry);
            left = left.filter((item) => item !== gone);
          }
          const given: number[] = [];
          while (heap.size > 0) {
            given.push(heap.earliestKey());
            takeEarliest(heap);
          }
          expect(given).toEqual(left.map(({ key }) => key).sort((one, other) => one - other));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("gives its entries in order of key and then of arrival, after any pushes and removals", () => {
    const operation = fc.oneof(
      { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: -3, max: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ remove: fc.nat() }) },
      { weight: 1, arbitrary: fc.constant({ takeFirst: true }) },
      { weight: 1, arbitrary: fc.constant({ ask: true }) },
    );
    const removal = fc.oneof(
      { weight: 1, arbitrary: fc.record({ push: fc.integer({ min: -3, max: 3 }) }) },
      { weight: 6, arbitrary: fc.record({ remove: fc.nat() }) },
    );
    // Many, and then most of them removed: more gaps than are left alone.
    const programs = fc
      .tuple(fc.array(operation, { maxLength: 200 }), fc.array(removal, { maxLength: 200 }))
      .map(([first, then]) => [...first, ...then]);
    fc.assert(
      fc.property(programs, (operations) => {
        const heap = new TimerHeap();
        let model: { entry: Entry; key: number; order: number }[] = [];
        const first = (): (typeof model)[0] | undefined =>
          model.toSorted((one, other) => one.key - other.key || one.order - other.order)[0];
        const takeFirst = (): void => {
          const expected = first()!;
          expect(takeEarliest(heap)).toBe(expected.entry);
          expect(expected.entry.heapIndex).toBe(-1);
          model = model.filter((item) => item !== expected);
        };
        operations.forEach((operation, order) => {
          if ("push" in operation) {
            const item = { entry: new Entry(), key: operation.push, order };
            heap.push(item.entry, item.key, order);
            model.push(item);
          } else if (model.length > 0 && "remove" in operation) {
            const [item] = model.splice(operation.remove % model.length, 1);
            heap.remove(item!.entry);
            expect(item!.entry.heapIndex).toBe(-1);
          } else if ("ask" in operation) {
            expect(heap.earliestKey()).toBe(first()?.key ?? Infinity);
            expect(heap.firstKey).toBe(heap.earliestKey());
          } else if (model.length > 0) {
            takeFirst();
          }
          expect(heap.size).toBe(model.length);
          if (model.length === 0) expect(heap.firstKey).toBe(Infinity);
          else expect(heap.firstKey).toBeLessThanOrEqual(first()!.key);
          for (const { entry, key } of model) expect(heap.keyOf(entry)).toBe(key);
        });
        while (model.length > 0) takeFirst();
        expect([heap.size, heap.firstKey]).toEqual([0, Infinity]);
      }),
    );
  });

  it("closes the gaps of what was removed before they outnumber what is left by far", () => {
    const heap = new TimerHeap();
    for (let key = 0; key < 10; key++) heap.push(new Entry(), 1_000 + key, key);
    let before = new Entry();
    heap.push(before, 0, 10);
    for (let key = 1; key <= 1_000; key++) {
      const next = new Entry();
      heap.push(next, key, 10 + key);
      heap.remove(before);
      before = next;
    }
    heap.remove(before);
    let gaps = 0;
    while (heap.takeFirst() === undefined) gaps++;
    expect(gaps).toBeLessThan(2 * 11 + 32);
    expect(heap.size).toBe(9);
  });
});
