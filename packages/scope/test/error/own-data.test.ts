import { describe, expect, it } from "vitest";
import { ownData, ownMessage } from "../../src/internal.js";

const raise = (): never => {
  throw new Error("hostile");
};

describe("ownData", () => {
  it("ownData reads an own property with a value, and not a getter (E8)", () => {
    expect(ownData({ a: 1 }, "a")).toBe(1);
    expect(ownData(Object.create({ a: 1 }), "a")).toBeUndefined();
    expect(ownData({ get a() { return raise(); } }, "a")).toBeUndefined(); // prettier-ignore
  });

  it("ownData returns undefined for a value without properties, or one that cannot be read (E8)", () => {
    for (const value of [undefined, null, new Proxy({}, { getOwnPropertyDescriptor: raise })]) {
      expect(ownData(value, "a")).toBeUndefined();
    }
  });
});

describe("ownMessage", () => {
  it("ownMessage returns an error's own message if it is a string (E8)", () => {
    expect(ownMessage(new Error("text"))).toBe("text");
    expect(ownMessage(new Error())).toBeUndefined();
    expect(ownMessage(Object.assign(new Error(), { message: 1 }))).toBeUndefined();
    expect(ownMessage("text")).toBeUndefined();
  });
});
