import { describe, expect, it } from "vitest";
import { hiddenTypes } from "../src/public-types.js";

/** Types that compute another type, or stand for a class of the platform: users never write their names. */
const COMPUTED = ["Aggregate", "IsPromise", "PrototypeOf"];

describe("the types of the packages", () => {
  it("every type that a public signature names can be imported (D3)", () => {
    expect(hiddenTypes().filter(({ name }) => !COMPUTED.includes(name))).toEqual([]);
  });

  it("the search finds types that are not exported", () => {
    expect(hiddenTypes().map(({ name }) => name)).toEqual(expect.arrayContaining(["IsPromise", "PrototypeOf"]));
  });
});
