import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { DefaultTheme } from "vitepress";

const guides: DefaultTheme.SidebarItem[] = [
  { text: "Getting started", link: "/guides/getting-started" },
  { text: "Cancellation", link: "/guides/cancellation" },
  { text: "Errors and except", link: "/guides/errors" },
  { text: "Timeouts", link: "/guides/timeouts" },
  { text: "Long-lived servers", link: "/guides/supervisors" },
  { text: "Testing", link: "/guides/testing" },
  { text: "Your own primitive", link: "/guides/lowlevel" },
  { text: "Performance", link: "/guides/performance" },
];

const reference: DefaultTheme.SidebarItem[] = [
  { text: "The rules", link: "/guides/semantics" },
  { text: "Compatibility", link: "/guides/compatibility" },
  { text: "Differences from asyncio", link: "/guides/differences-from-asyncio" },
  { text: "API", link: "/api/" },
];

/** The same beside every page, so that everything is one click away. */
export function sidebar(): DefaultTheme.SidebarItem[] {
  return [
    { text: "Which primitive?", link: "/which/" },
    { text: "Guides", items: guides },
    { text: "Reference", items: reference },
    { text: "Coming from", items: comingFrom() },
    { text: "Playground", link: "/playground/" },
  ];
}

/** Every page of that folder, under its own heading; the index first. */
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
