import { describe, expect, it } from "vitest";
import { collectGarbage } from "../../src/table/garbage.js";

describe("collectGarbage", () => {
  it("says what is missing in a process that cannot collect garbage", async () => {
    await expect(collectGarbage()).rejects.toThrow("expected node --expose-gc");
  });
});
