import { readFileSync } from "node:fs";
import type { MarkdownRenderer } from "vitepress";

const benchmarks = new URL("../../../benchmarks/README.md", import.meta.url);

/** Puts what was measured and what became of the goals, as `pnpm bench` wrote it down, in the place of `<!-- goals -->`. */
export function goals(md: MarkdownRenderer): void {
  md.core.ruler.before("normalize", "goals", (state) => {
    state.src = state.src.replace("<!-- goals -->", () => goalsIn(readFileSync(benchmarks, "utf8")));
  });
}

/** The sections of the lines of Node that were measured; the whole of each is a page of its own. */
export function goalsIn(readme: string): string {
  const sections = [...readme.matchAll(/<!-- (node-\d+):start -->\s*([^]*?)\s*<!-- \1:end -->/g)];
  const measured = sections.map(([, , text = ""]) => text).filter((text) => text !== "");
  if (measured.length === 0) return "No full run has been written down yet: `pnpm bench` writes one.";
  return measured.join("\n\n").replace(/\(results\/(node-\d+)\.md\)/g, "(/guides/benchmarks/$1)");
}
