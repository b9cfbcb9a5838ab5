import { describe, expect, it } from "vitest";
import { ownData, ownMessage } from "../../src/internal.js";

const raise = (): never => {
  throw new Error("hostile");
};

describe("ownData", () => {
  it("reads what is the value's own and not a getter (E8)", () => {
    expect(ownData({ a: 1 }, "a")).toBe(1);
    expect(ownData(Object.create({ a: 1 }), "a")).toBeUndefined();
    expect(ownData({ get a() { return raise(); } }, "a")).toBeUndefined(); // prettier-ignore
  });

  it("finds nothing in what has no properties, or refuses (E8)", () => {
    for (const value of [undefined, null, new Proxy({}, { getOwnPropertyDescriptor: raise })]) {
      expect(ownData(value, "a")).toBeUndefined();
    }
  });
});

describe("ownMessage", () => {
  it("is the text of an error's own message (E8)", () => {
    expect(ownMessage(new Error("text"))).toBe("text");
    expect(ownMessage(new Error())).toBeUndefined();
    expect(ownMessage(Object.assign(new Error(), { message: 1 }))).toBeUndefined();
    expect(ownMessage("text")).toBeUndefined();
  });
});
