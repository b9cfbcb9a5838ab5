import { describe, expect, it } from "vitest";
import { judge, LATE } from "../../src/faults/deployment.js";

const exit = (code: number): { code: number; output: string[] } => ({ code, output: ["the last line"] });

describe("judge", () => {
  it("accepts a shutdown that ends in time with 0, or with 143 because the service had not started", () => {
    expect(judge({ elapsed: LATE - 1, exit: exit(0) })).toEqual([]);
    expect(judge({ elapsed: 10, exit: exit(143) })).toEqual([]);
  });

  it("blames a shutdown that takes too long, whatever its exit code", () => {
    expect(judge({ elapsed: LATE, exit: exit(0) })).toEqual([`a shutdown took more than ${LATE} ms\nthe last line`]);
  });

  it("blames a shutdown that ends with another code", () => {
    expect(judge({ elapsed: 10, exit: exit(1) })).toEqual(["a shutdown ended with 1\nthe last line"]);
  });
});
