import type { MarkdownRenderer } from "vitepress";

/** Draws a `text` fence right after a `ts` fence as what the program prints, which the tests compare with what it does print. */
export function prints(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const html = fence(tokens, index, ...rest);
    const before = tokens[index - 1];
    if (tokens[index]?.info !== "text" || before?.type !== "fence" || !before.info.startsWith("ts")) return html;
    return `<div class="prints"><p class="prints-label">prints</p>${html}</div>`;
  };
}
