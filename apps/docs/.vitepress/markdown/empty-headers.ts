import type { MarkdownRenderer } from "vitepress";

/** Turns an empty header of a table into an ordinary cell, because screen readers announce it as an empty header. */
export function emptyHeaders(md: MarkdownRenderer): void {
  md.core.ruler.push("empty-headers", ({ tokens }) => {
    for (const [i, token] of tokens.entries()) {
      if (token.type !== "th_open" || tokens[i + 1]?.content !== "") continue;
      token.tag = "td";
      tokens[i + 2]!.tag = "td";
    }
  });
}
