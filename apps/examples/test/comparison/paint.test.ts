import { describe, expect, it } from "vitest";
import { coloured, paintFor, plain } from "../../src/comparison/paint.js";

describe("paintFor", () => {
  it("colours on a terminal only", () => {
    expect(paintFor({}, true)).toBe(coloured);
    expect(paintFor({}, false)).toBe(plain);
  });

  it("omits colours if NO_COLOR is set", () => {
    expect(paintFor({ NO_COLOR: "1" }, true)).toBe(plain);
    expect(paintFor({ NO_COLOR: "" }, true)).toBe(coloured);
  });
});

describe("coloured", () => {
  it("leaves blanks as they are", () => {
    expect(coloured("bad", "x")).toBe("\x1b[31mx\x1b[0m");
    expect(coloured("bad", "  ")).toBe("  ");
  });
});
