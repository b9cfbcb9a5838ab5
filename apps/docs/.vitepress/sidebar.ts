import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";
import { readApiNames } from "../src/api-names.js";

const guides: DefaultTheme.SidebarItem[] = [
  { text: "Getting started", link: "/guides/getting-started" },
  { text: "Cancellation", link: "/guides/cancellation" },
  { text: "Errors and except", link: "/guides/errors" },
  { text: "Timeouts", link: "/guides/timeouts" },
  { text: "Long-lived servers", link: "/guides/supervisors" },
  { text: "Between tasks", link: "/guides/between-tasks" },
  { text: "Pipelines and back-pressure", link: "/guides/pipelines" },
  { text: "APIs and clients", link: "/guides/signals-and-clients" },
  { text: "Testing", link: "/guides/testing" },
  { text: "Tracing", link: "/guides/tracing" },
  { text: "Operating a server", link: "/guides/operating" },
  { text: "Why is it still running?", link: "/guides/why-still-running" },
  { text: "Trace files", link: "/guides/trace-files" },
  { text: "Writing a primitive", link: "/guides/lowlevel" },
  { text: "Performance", link: "/guides/performance" },
];

const reference: DefaultTheme.SidebarItem[] = [
  { text: "The rules", link: "/guides/semantics" },
  { text: "Compatibility", link: "/guides/compatibility" },
  { text: "Differences from asyncio", link: "/guides/differences-from-asyncio" },
  { text: "API", link: "/api/" },
];

/** The sidebar: all pages, and beside the reference its names. */
export function sidebar(): DefaultTheme.SidebarMulti {
  return {
    "/": [
      { text: "Which primitive?", link: "/which/" },
      { text: "Guides", items: guides },
      { text: "Reference", items: reference },
      { text: "Coming from", items: comingFrom() },
      { text: "Playground", link: "/playground/" },
    ],
    "/api/": api(),
  };
}

/** The exported names of each module; those of specialised modules are collapsed. */
function api(): DefaultTheme.SidebarItem[] {
  const modules = new Map<string, DefaultTheme.SidebarItem[]>();
  for (const { name, module, link } of readApiNames()) {
    const items = modules.get(module) ?? [];
    modules.set(module, [...items, { text: name, link }]);
  }
  const byImportance = [...modules].sort(([one], [other]) => depth(one) - depth(other));
  return byImportance.map(([module, items]) => ({
    text: module.replace("@selvage/", ""),
    link: `/api/${module.replace("@selvage/", "")}/`,
    items,
    collapsed: depth(module) > 1,
  }));
}

function depth(module: string): number {
  return module.split("/").length - 1;
}

/** Every page of the folder, by its heading; the index comes first. */
function comingFrom(): DefaultTheme.SidebarItem[] {
  const folder = new URL("../coming-from/", import.meta.url);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".md"));
  return names
    .map((name) => name.replace(/(index)?\.md$/, ""))
    .sort()
    .map((name) => ({ text: headingOf(new URL(`${name || "index"}.md`, folder)), link: `/coming-from/${name}` }));
}

function headingOf(page: URL): string {
  const [, heading] = /^# (.+)$/m.exec(readFileSync(page, "utf8")) ?? [];
  if (heading === undefined) throw new Error(`${page.pathname}: expected a heading, for the sidebar`);
  return heading;
}
