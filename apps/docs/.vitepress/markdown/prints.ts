import type { MarkdownRenderer } from "vitepress";

/** Marks a `text` fence right after a program as its output, which the tests compare with the real output. */
export function prints(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const html = fence(tokens, index, ...rest);
    const before = tokens[index - 1];
    // The info string of an included file has trailing blanks.
    if (tokens[index]?.info.trim() !== "text" || before?.type !== "fence" || !/^(ts|py)\b/.test(before.info))
      return html;
    return `<div class="prints"><p class="prints-label">prints</p>${html}</div>`;
  };
}
