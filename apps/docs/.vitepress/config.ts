import { defineConfig } from "vitepress";
import { sidebar } from "./sidebar.js";

export default defineConfig({
  title: "Selvage",
  titleTemplate: ":title · Selvage",
  description: "Structured concurrency for TypeScript: nothing outlives its owner, every error is reported.",
  lang: "en-GB",
  srcExclude: ["README.md", "test/**"],
  cleanUrls: true,
  lastUpdated: false,
  metaChunk: true,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Which primitive?", link: "/which/" },
      { text: "Guides", link: "/guides/getting-started", activeMatch: "/guides/" },
      { text: "Coming from", link: "/coming-from/", activeMatch: "/coming-from/" },
      { text: "Playground", link: "/playground/" },
      { text: "API", link: "/api/", activeMatch: "/api/" },
    ],
    sidebar: sidebar(),
  },
});
