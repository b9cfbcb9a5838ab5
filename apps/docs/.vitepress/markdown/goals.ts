import { readFileSync } from "node:fs";
import type { MarkdownRenderer } from "vitepress";

const benchmarks = new URL("../../../benchmarks/README.md", import.meta.url);

/** Replaces `<!-- goals -->` by the measurements and the goals that `pnpm bench` recorded. */
export function goals(md: MarkdownRenderer): void {
  md.core.ruler.before("normalize", "goals", (state) => {
    state.src = state.src.replace("<!-- goals -->", () => goalsIn(readFileSync(benchmarks, "utf8")));
  });
}

/** The sections of the Node versions that were measured. Each has a separate page with all results. */
export function goalsIn(readme: string): string {
  const sections = [...readme.matchAll(/<!-- (node-\d+):start -->\s*([^]*?)\s*<!-- \1:end -->/g)];
  const measured = sections.map(([, , text = ""]) => text).filter((text) => text !== "");
  if (measured.length === 0) return "No full run has been recorded yet. `pnpm bench` records one.";
  return measured.join("\n\n").replace(/\(results\/(node-\d+)\.md\)/g, "(/guides/benchmarks/$1)");
}
