import { existsSync, readFileSync } from "node:fs";
import type { MarkdownRenderer } from "vitepress";
import { type ApiName, namesFile } from "../../src/api-names.js";
import { replaceText } from "./replace-text.js";

/** Words that mean something else more often than the function of that name: a page that means it writes the link. */
const ambiguous = new Set(["any", "brand", "deferred", "dispose", "map", "now", "on", "race", "run", "timeout"]);

/** Makes an exported name in `code`, and `Name.member`, a link to its page of the reference: once in each section. */
export function linkNames(md: MarkdownRenderer): void {
  if (!existsSync(namesFile)) return; // `vitepress dev` without the reference
  const pages = new Map<string, string>();
  for (const { name, link } of JSON.parse(readFileSync(namesFile, "utf8")) as ApiName[]) {
    if (!ambiguous.has(name) && !pages.has(name)) pages.set(name, link);
  }
  let section: unknown;
  const linked = new Set<string>();
  replaceText(md, "link-names", ["code_inline"], ({ content }, { heading, path }) => {
    if (path.startsWith("api/")) return undefined;
    if (heading !== section) linked.clear();
    section = heading;
    const [, name = "", member] = /^(\w+)(?:\.(\w+))?(?:\(\))?$/.exec(content) ?? [];
    const link = pages.get(name);
    if (link === undefined || linked.has(content)) return undefined;
    linked.add(content);
    return [{ text: content, href: member === undefined ? link : `${link}#${member.toLowerCase()}` }];
  });
}
