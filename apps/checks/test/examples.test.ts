import { describe, expect, it } from "vitest";
import { examplesInMarkdown, examplesInSource } from "../src/examples.js";

const fence = "```";

describe("examplesInMarkdown", () => {
  it("finds each ts fence with the line of its code", () => {
    const markdown = ["# Title", `${fence}sh`, "npm i", fence, `${fence}ts`, "a();", "b();", fence].join("\n");
    expect(examplesInMarkdown("README.md", markdown)).toEqual([
      { file: "README.md", line: 6, code: "a();\nb();\n", runs: true },
    ]);
  });

  it("reads a text fence right after the code as its output", () => {
    const markdown = [`${fence}ts`, "a();", fence, "", `${fence}text`, "one", "two", fence].join("\n");
    expect(examplesInMarkdown("README.md", markdown)).toMatchObject([{ code: "a();\n", output: "one\ntwo\n" }]);
  });

  it("ignores a text fence after other text", () => {
    const markdown = [`${fence}ts`, "a();", fence, "Words.", `${fence}text`, "one", fence].join("\n");
    expect(examplesInMarkdown("README.md", markdown)[0]).not.toHaveProperty("output");
  });

  it("only type-checks code that is marked no-run", () => {
    const markdown = [`${fence}ts no-run`, "a();", fence].join("\n");
    expect(examplesInMarkdown("README.md", markdown)).toMatchObject([{ runs: false }]);
  });

  it("reads a fence in a list without the list's indent", () => {
    const markdown = ["- item", `  ${fence}ts`, "  if (a) {", "    b();", "  }", `  ${fence}`].join("\n");
    expect(examplesInMarkdown("README.md", markdown)).toMatchObject([{ line: 3, code: "if (a) {\n  b();\n}\n" }]);
  });

  it.each(["js", "javascript", "typescript", "tsx"])("refuses code in a fence of %j", (language) => {
    const markdown = ["", fence + language, "a();", fence].join("\n");
    expect(() => examplesInMarkdown("README.md", markdown)).toThrow("README.md:2: expected a fence of `ts`");
  });

  it("refuses a fence that is not closed", () => {
    expect(() => examplesInMarkdown("README.md", `\n${fence}ts\na();`)).toThrow("README.md:2: expected the fence");
  });
});

describe("examplesInSource", () => {
  it("finds the fences of doc comments, with the lines of the source", () => {
    const source = [
      "export const first = 1;",
      "",
      "/**",
      " * Says hello.",
      " *",
      " * @example",
      ` * ${fence}ts`,
      " * if (a) {",
      " *   b();",
      " * }",
      ` * ${fence}`,
      ` * ${fence}text`,
      " * hello",
      ` * ${fence}`,
      " */",
      "export function hello(): void {}",
    ].join("\n");
    expect(examplesInSource("src/a.ts", source)).toEqual([
      { file: "src/a.ts", line: 8, code: "if (a) {\n  b();\n}\n", output: "hello\n", runs: true },
    ]);
  });

  it("finds them in the comments of members, which are indented", () => {
    const source = [
      "class A {",
      "  /**",
      "   * @example",
      `   * ${fence}ts`,
      "   * a();",
      `   * ${fence}`,
      "   */",
      "}",
    ];
    expect(examplesInSource("src/a.ts", source.join("\n"))).toMatchObject([{ line: 5, code: "a();\n" }]);
  });

  it("refuses an @example without a fence", () => {
    const source = ["/**", " * @example", " * a();", " */"].join("\n");
    expect(() => examplesInSource("src/a.ts", source)).toThrow("src/a.ts:1: expected a ```ts fence");
  });
});
