import { describe, expect, it } from "vitest";
import { account, type Books, losses } from "../../src/faults/account.js";

const books: Books = {
  accepted: new Set(["a", "b"]),
  unaccepted: [],
  arrivals: new Map([
    ["a", 1],
    ["b", 1],
  ]),
  open: [],
};

const lossesOf = (difference: Partial<Books>): readonly string[] => losses(account({ ...books, ...difference }));

describe("account", () => {
  it("finds nothing if every accepted event arrived once", () => {
    expect(account(books)).toEqual({ accepted: 2, unaccepted: 0, lost: [], stuck: [], twice: 0 });
    expect(lossesOf({})).toEqual([]);
  });

  it("counts an accepted event as lost if it never arrived and the service does not have it", () => {
    expect(lossesOf({ arrivals: new Map([["a", 1]]) })).toEqual(["1 lost, for example b"]);
  });

  it("counts an event as stuck, and not as lost, if the service still has it", () => {
    expect(lossesOf({ arrivals: new Map([["a", 1]]), open: ["b"] })).toEqual(["1 stuck, for example b"]);
  });

  it("counts an event as stuck if the service would deliver it again although it arrived", () => {
    expect(lossesOf({ open: ["a"] })).toEqual(["1 stuck, for example a"]);
  });

  it("counts an event as stuck if the service has it, and its client never got an answer", () => {
    expect(lossesOf({ open: ["c"] })).toEqual(["1 stuck, for example c"]);
  });

  it("counts what arrived more than once, and does not call it a loss", () => {
    const arrivals = new Map([
      ["a", 3],
      ["b", 1],
    ]);
    expect(account({ ...books, arrivals }).twice).toBe(1);
    expect(lossesOf({ arrivals })).toEqual([]);
  });

  it("counts what was not accepted in spite of all attempts as a loss", () => {
    expect(lossesOf({ unaccepted: ["c"] })).toEqual(["1 not accepted, in spite of all attempts"]);
  });

  it("names three of many lost events", () => {
    const accepted = new Set(["a", "b", "c", "d"]);
    expect(lossesOf({ accepted, arrivals: new Map() })).toEqual(["4 lost, for example a, b, c"]);
  });
});
