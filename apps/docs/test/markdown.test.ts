import { createMarkdownRenderer, type MarkdownRenderer } from "vitepress";
import { beforeAll, describe, expect, it } from "vitest";
import { emptyHeaders } from "../.vitepress/markdown/empty-headers.js";
import { goalsIn } from "../.vitepress/markdown/goals.js";
import { linkNames } from "../.vitepress/markdown/link-names.js";
import { linkRules } from "../.vitepress/markdown/link-rules.js";
import { prints } from "../.vitepress/markdown/prints.js";

const names = [
  { name: "TaskGroup", module: "@selvage/task-group", link: "/api/task-group/classes/TaskGroup", members: ["run"] },
  { name: "race", module: "@selvage/task-group", link: "/api/task-group/functions/race", members: [] },
];
let md: MarkdownRenderer;

beforeAll(async () => {
  md = await createMarkdownRenderer(".", {
    config: (md) => {
      md.use(emptyHeaders).use(linkRules).use(linkNames, names).use(prints);
    },
  });
});

describe("linkRules", () => {
  it("links the number of a rule", () => {
    expect(render("Waits (T1, S2).")).toContain(
      '(<a href="/guides/semantics#T1" class="link-rules">T1</a>, <a href="/guides/semantics#S2" class="link-rules">S2</a>)',
    );
  });

  it("does not link other words, code, links and headings", () => {
    expect(render("T99 and A1, `T1`, [T1](/x)")).not.toContain("semantics");
    expect(render("## T1 and all that")).not.toContain("semantics");
  });
});

describe("linkNames", () => {
  it("links an exported name, and a member of it, once in each section", () => {
    const html = render("`TaskGroup` `TaskGroup` `TaskGroup.run()`\n\n## More\n\n`TaskGroup`");
    expect(linksIn(html)).toEqual([
      "/api/task-group/classes/TaskGroup",
      "/api/task-group/classes/TaskGroup#run",
      "/api/task-group/classes/TaskGroup",
    ]);
  });

  it("does not link ambiguous names and links", () => {
    expect(linksIn(render("`race` `TaskGroup.fork` [`TaskGroup`](https://example.org)"))).toEqual([
      "https://example.org",
    ]);
  });

  it("does not change the reference, which has its own links", () => {
    expect(linksIn(render("`TaskGroup`", "api/index.md"))).toEqual([]);
  });
});

describe("goalsIn", () => {
  it("takes the recorded measurements, and links the pages with all results", () => {
    const readme =
      "<!-- node-20:start -->\n\n<!-- node-20:end -->\n" +
      "<!-- node-24:start -->\n\n### Node 24\n\n[All](results/node-24.md)\n\n<!-- node-24:end -->";
    expect(goalsIn(readme)).toBe("### Node 24\n\n[All](/guides/benchmarks/node-24)");
  });

  it("says that nothing was recorded", () => {
    expect(goalsIn("# Benchmarks")).toContain("No full run");
  });
});

describe("emptyHeaders", () => {
  it("turns empty headers into cells", () => {
    const html = render("|   | Node |\n| --- | --- |\n| scope | 55 |");
    expect(html).toContain("<th>Node</th>");
    expect(html).toMatch(/<tr>\s*<td><\/td>\s*<th>/);
  });
});

describe("prints", () => {
  it("marks only the output of a program", () => {
    expect(render("```ts\nlet x;\n```\n\n```text\n7\n```")).toContain('class="prints"');
    expect(render("```text\n7\n```")).not.toContain('class="prints"');
    expect(render("```ts\nlet x;\n```\n\nSo:\n\n```text\n7\n```")).not.toContain('class="prints"');
  });
});

function render(markdown: string, relativePath = "guides/x.md"): string {
  return md.render(markdown, { relativePath, path: relativePath, cleanUrls: true });
}

function linksIn(html: string): (string | undefined)[] {
  return [...html.replace(/<h\d.*?<\/h\d>/g, "").matchAll(/<a href="(.*?)"/g)].map(([, href]) => href);
}
