import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExampleRunner } from "../src/example-runner.js";
import type { Example } from "../src/examples.js";
import { root } from "../src/repository.js";

const timeLimit = 10_000;

describe("ExampleRunner", () => {
  it("accepts an example that type-checks, ends and prints the expected output", async () => {
    const good = example({ code: 'const word: string = "hello";\nconsole.log(word);\n', output: "hello\n" });
    const runner = layOut("good", good);
    expect(await runner.typeCheck()).toEqual(new Map());
    expect(await runner.run(good, timeLimit)).toBeUndefined();
  });

  it("runs `await using` on every supported Node", async () => {
    const code = [
      "await using end = { async [Symbol.asyncDispose]() { console.log('disposed'); } };",
      "console.log(typeof end);",
    ].join("\n");
    const disposing = example({ code, output: "object\ndisposed\n" });
    expect(await layOut("using", disposing).run(disposing, timeLimit)).toBeUndefined();
  });

  it("names the file and the line of a type error, and of no other example", async () => {
    const good = example({ line: 3, code: "export const one: number = 1;\n" });
    const wrong = example({ line: 30, code: 'console.log("fine");\nconst two: number = "two";\nconsole.log(two);\n' });
    const problems = await layOut("wrong-type", good, wrong).typeCheck();
    expect([...problems.keys()]).toEqual([wrong]);
    expect(problems.get(wrong)).toEqual([expect.stringMatching(/^guides\/first\.md:31: error TS2322: /)]);
  });

  it("names the line that threw", async () => {
    const throwing = example({ line: 30, code: 'console.log("fine");\nthrow new Error("boom");\n' });
    const problem = await layOut("throwing", throwing).run(throwing, timeLimit);
    expect(problem).toMatch(/^guides\/first\.md:30: expected to end well, got exit code 1\n/);
    expect(problem).toContain("guides/first.md:31");
    expect(problem).toContain("boom");
  });

  it.each([
    ["prints something else", 'console.log("other");\n', "expected to print\nhello\n\ngot\nother\n"],
    ["asserts what is not so", "console.assert(1 > 2);\n", "expected its assertions to hold"],
    ["leaves a rejection unhandled", 'void Promise.reject(new Error("lost"));\n', "got exit code 1"],
    ["waits for what never comes", "await new Promise(() => {});\n", "got exit code 13"],
  ])("refuses what %s", async (_, code, expected) => {
    const wrong = example({ code, output: "hello\n" });
    expect(await layOut(expected.replaceAll(/\W+/g, "-"), wrong).run(wrong, timeLimit)).toContain(expected);
  });

  it("ends an example that does not end by itself", async () => {
    const endless = example({ code: "setInterval(() => {}, 1000);\n" });
    const problem = await layOut("endless", endless).run(endless, 300);
    expect(problem).toContain("guides/first.md:1: expected to end within 300 ms");
  });
});

function example(fields: Pick<Example, "code"> & Partial<Example>): Example {
  return { file: "guides/first.md", line: 1, runs: true, ...fields };
}

function layOut(name: string, ...examples: Example[]): ExampleRunner {
  return new ExampleRunner(join(root, "apps/checks/node_modules/.cache/example-runner", name), examples);
}
