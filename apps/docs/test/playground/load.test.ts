import { describe, expect, it } from "vitest";
import { load } from "../../.vitepress/theme/playground/engine/load.js";

describe("load", () => {
  it("runs the text, and returns its exports", () => {
    const exported = load(
      "a.js",
      `export const one = 1;\nexport const two = one + one;\nexport default () => two;\n`,
      {},
    );

    expect(exported).toEqual({ one: 1, two: 2, default: expect.any(Function) as unknown });
    expect((exported["default"] as () => number)()).toBe(2);
  });

  it("binds imports to the exports of the module of that name", () => {
    const modules = { "./b.js": { b: "from b", c: "from c" } };

    expect(load("a.js", `import { b, c } from "./b.js";\nexport const all = [b, c];\n`, modules)).toEqual({
      all: ["from b", "from c"],
    });
  });

  it("runs the text like a module: strict, and with only the platform's names", () => {
    expect(() => load("a.js", "undeclared = 1;\n", {})).toThrow(ReferenceError);
    expect(() => load("a.js", `import { fs } from "node:fs";\n`, {})).toThrow(/imports fs from "node:fs": not there/);
    expect(() => load("a.js", `import { nothing } from "./b.js";\n`, { "./b.js": { b: 1 } })).toThrow(TypeError);
  });

  it("throws if the text is not a program", () => {
    expect(() => load("a.js", "export default async function caller() {", {})).toThrow(SyntaxError);
  });
});
