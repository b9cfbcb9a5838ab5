import { defineConfig } from "vitepress";
import { codeColours } from "./code-colours.js";
import { readApiNames } from "../src/api-names.js";
import { emptyHeaders } from "./markdown/empty-headers.js";
import { goals } from "./markdown/goals.js";
import { linkNames } from "./markdown/link-names.js";
import { linkRules } from "./markdown/link-rules.js";
import { prints } from "./markdown/prints.js";
import { sidebar } from "./sidebar.js";

export default defineConfig({
  title: "Selvage",
  titleTemplate: ":title · Selvage",
  description: "Structured concurrency for TypeScript: nothing outlives its owner, every error is reported.",
  lang: "en-GB",
  srcExclude: ["README.md", "test/**"],
  cleanUrls: true,
  metaChunk: true,
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/favicon.svg" }]],
  markdown: {
    theme: codeColours,
    // Anchors omit apostrophes, as on GitHub, where some of the included pages are read as well.
    anchor: { getTokensText: withoutApostrophes },
    config(md) {
      md.use(emptyHeaders).use(goals).use(linkRules).use(linkNames, readApiNames()).use(prints);
    },
  },
  vite: { build: { chunkSizeWarningLimit: 2_000 } }, // for the search index, which is loaded on the first search
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Which primitive?", link: "/which/", activeMatch: "/which/" },
      { text: "Guides", link: "/guides/getting-started", activeMatch: "/guides/(?!semantics)" },
      { text: "Rules", link: "/guides/semantics" },
      { text: "Coming from", link: "/coming-from/", activeMatch: "/coming-from/" },
      { text: "Playground", link: "/playground/", activeMatch: "/playground/" },
      { text: "API", link: "/api/", activeMatch: "/api/" },
    ],
    sidebar: sidebar(),
  },
});

/** The text of an anchor: as in markdown-it-anchor, but without apostrophes. */
function withoutApostrophes(tokens: readonly { readonly type: string; readonly content: string }[]): string {
  const text = tokens.filter(({ type }) => type === "text" || type === "code_inline");
  return text.map(({ content }) => content.replaceAll("'", "")).join("");
}
