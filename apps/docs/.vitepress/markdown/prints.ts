import type { MarkdownRenderer } from "vitepress";

/** Draws a `text` fence right after a program, typed or included, as what it prints, which the tests compare with what it does print. */
export function prints(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const html = fence(tokens, index, ...rest);
    const before = tokens[index - 1];
    // An included file's info has blanks at its end.
    if (tokens[index]?.info.trim() !== "text" || before?.type !== "fence" || !/^(ts|py)\b/.test(before.info))
      return html;
    return `<div class="prints"><p class="prints-label">prints</p>${html}</div>`;
  };
}
