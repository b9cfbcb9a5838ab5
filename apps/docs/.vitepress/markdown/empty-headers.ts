import type { MarkdownRenderer } from "vitepress";

/** Makes a header of a table that says nothing an ordinary cell: it is read aloud as a header of nothing. */
export function emptyHeaders(md: MarkdownRenderer): void {
  md.core.ruler.push("empty-headers", ({ tokens }) => {
    for (const [i, token] of tokens.entries()) {
      if (token.type !== "th_open" || tokens[i + 1]?.content !== "") continue;
      token.tag = "td";
      tokens[i + 2]!.tag = "td";
    }
  });
}
