import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ExampleRunner } from "../src/example-runner.js";
import { examplesInMarkdown, examplesInSource, type Example } from "../src/examples.js";
import { root, workspaces } from "../src/repository.js";

const timeLimit = 20_000;
const docs = ["coming-from", "guides", "playground", "which"].map((folder) => `apps/docs/${folder}`);
const pages = [...docs, "apps/model/src/oracle"];
const folders = [...workspaces("packages"), ...workspaces("apps")].map(({ folder }) => folder);
const documents = [
  ...["", ...folders].flatMap((folder) => filesIn(folder, ".md")),
  ...pages.flatMap((folder) => filesIn(folder, ".md", { recursive: true })),
];
const sources = workspaces("packages").flatMap(({ folder }) => filesIn(`${folder}/src`, ".ts", { recursive: true }));
const examples = [
  ...documents.flatMap((file) => examplesInMarkdown(file, read(file))),
  ...sources.flatMap((file) => examplesInSource(file, read(file))),
];

describe("the code in READMEs, guides and doc comments", { timeout: 2 * timeLimit }, () => {
  let runner: ExampleRunner;
  let typeProblems: Map<Example, string[]>;

  beforeAll(async () => {
    runner = new ExampleRunner(join(root, "apps/checks/node_modules/.cache/documented-code"), examples);
    typeProblems = await runner.typeCheck();
  }, 60_000);

  it("is found", () => {
    expect(sources).toContain("packages/scope/src/index.ts");
    expect(documents).toContain("README.md");
    expect(documents).toContain("packages/scope/README.md");
    expect(documents).toContain("apps/docs/guides/cancellation.md");
  });

  for (const example of examples) {
    it.concurrent(
      `type-checks and prints the documented output: ${example.file}:${example.line}`,
      async ({ expect }) => {
        // Type errors come first, because they say more than the failure at run time.
        expect(typeProblems.get(example) ?? []).toEqual([]);
        if (example.runs) expect(await runner.run(example, timeLimit)).toBeUndefined();
      },
    );
  }
});

function filesIn(folder: string, ending: string, options: { recursive?: boolean } = {}): string[] {
  return readdirSync(join(root, folder), { ...options, encoding: "utf8" })
    .filter((name) => name.endsWith(ending) && name !== "CHANGELOG.md")
    .map((name) => (folder === "" ? name : `${folder}/${name}`))
    .sort();
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
