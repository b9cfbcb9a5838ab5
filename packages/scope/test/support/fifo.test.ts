import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/support/fifo.js";

describe("Fifo", () => {
  it("a Fifo is first in, first out, in whatever order push and shift are called", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (pushes) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        pushes.forEach((push, item) => {
          if (push) {
            fifo.push(item);
            model.push(item);
          } else {
            expect(fifo.shift()).toBe(model.shift());
          }
          expect(fifo.isEmpty).toBe(model.length === 0);
        });
      }),
    );
  });

  it("a Fifo retains no item that it has returned", () => {
    const fifo = new Fifo<object>();
    for (let i = 0; i < 10; i++) fifo.push({});
    for (let i = 0; i < 10; i++) fifo.shift();
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.isEmpty).toBe(true);
  });
});
