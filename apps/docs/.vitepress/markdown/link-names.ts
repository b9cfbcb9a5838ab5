import type { MarkdownRenderer } from "vitepress";
import type { ApiName } from "../../src/api-names.js";
import { replaceText } from "./replace-text.js";

/** Names that usually mean something else than the function of that name. A page that means the function writes the link. */
const ambiguous = new Set([
  "any",
  "brand",
  "Deferred",
  "deferred",
  "dispose",
  "map",
  "now",
  "on",
  "race",
  "run",
  "timeout",
]);

/** Links an exported name in `code`, and `Name.member`, to its page of the reference, once in each section. */
export function linkNames(md: MarkdownRenderer, names: readonly ApiName[]): void {
  const known = new Map<string, ApiName>();
  for (const name of names) if (!ambiguous.has(name.name)) known.set(name.name, name);
  let section: unknown;
  const linked = new Set<string>();
  replaceText(md, "link-names", ["code_inline"], ({ content }, { heading, path }) => {
    if (path.startsWith("api/")) return undefined;
    if (heading !== section) linked.clear();
    section = heading;
    const [, name = "", member] = /^(\w+)(?:\.(\w+))?(?:\(\))?$/.exec(content) ?? [];
    const page = known.get(name);
    if (page === undefined || linked.has(content)) return undefined;
    if (member !== undefined && !page.members.includes(member)) return undefined; // a member of something else
    linked.add(content);
    return [{ text: content, href: member === undefined ? page.link : `${page.link}#${member.toLowerCase()}` }];
  });
}
