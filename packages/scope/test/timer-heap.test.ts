import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TimerEntry, TimerHeap } from "../src/timer-heap.js";

class Entry implements TimerEntry {
  heapIndex = -1;
  readonly keepsAlive = true;

  timePassed(): void {}
}

describe("TimerHeap", () => {
  it("is empty at first, and its first key is Infinity then", () => {
    const heap = new TimerHeap();
    expect([heap.size, heap.firstKey]).toEqual([0, Infinity]);
  });

  it("knows its earliest entry, and the key of each", () => {
    const heap = new TimerHeap();
    const [early, late] = [new Entry(), new Entry()];
    heap.push(late, 20, 0);
    heap.push(early, 10, 1);
    expect(heap.first).toBe(early);
    expect([heap.firstKey, heap.keyOf(early), heap.keyOf(late)]).toEqual([10, 10, 20]);
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
          for (; heap.size > 0; heap.remove(heap.first)) given.push(heap.firstKey);
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
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const heap = new TimerHeap();
        let model: { entry: Entry; key: number; order: number }[] = [];
        const first = (): (typeof model)[0] | undefined =>
          model.toSorted((one, other) => one.key - other.key || one.order - other.order)[0];
        const takeFirst = (): void => {
          const expected = first()!;
          expect(heap.first).toBe(expected.entry);
          heap.remove(heap.first);
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
          } else if (model.length > 0) {
            takeFirst();
          }
          expect([heap.size, heap.firstKey]).toEqual([model.length, first()?.key ?? Infinity]);
          for (const { entry, key } of model) expect(heap.keyOf(entry)).toBe(key);
        });
        while (model.length > 0) takeFirst();
        expect(heap.size).toBe(0);
      }),
    );
  });
});
