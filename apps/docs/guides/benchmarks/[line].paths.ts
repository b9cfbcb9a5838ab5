import { existsSync, readdirSync, readFileSync } from "node:fs";

const results = new URL("../../../benchmarks/results/", import.meta.url);

interface Page {
  readonly params: { readonly line: string };
  readonly content: string;
}

/** A page for each version of Node that was measured in full, such as `node-24`. */
export default {
  paths(): Page[] {
    const files = existsSync(results) ? readdirSync(results) : [];
    return files
      .filter((file) => file.endsWith(".md"))
      .map((file) => ({
        params: { line: file.replace(/\.md$/, "") },
        content: `${readFileSync(new URL(file, results), "utf8")}\n\n[How it is measured](/guides/performance#how-it-is-measured)\n`,
      }));
  },
};
