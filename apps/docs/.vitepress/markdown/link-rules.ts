import { readFileSync } from "node:fs";
import type { MarkdownRenderer } from "vitepress";
import { replaceText } from "./replace-text.js";

const page = new URL("../../guides/semantics.md", import.meta.url);

/** Links each number of a rule, such as (T5), to the rule. */
export function linkRules(md: MarkdownRenderer): void {
  const rules = new Set([...readFileSync(page, "utf8").matchAll(/^### .*\{#([A-Z]\d+)\}$/gm)].map(([, rule]) => rule));
  replaceText(md, "link-rules", ["text"], ({ content }) => {
    const parts = content.split(/\b([A-Z]\d{1,2})\b/);
    return parts.map((part) => (rules.has(part) ? { text: part, href: `/guides/semantics#${part}` } : { text: part }));
  });
}
