import { readdirSync, readFileSync } from "node:fs";

const dist = new URL("../.vitepress/dist/", import.meta.url);

/** The paths of the pages of the built site: "/", "/which/", "/guides/semantics". */
export function builtPages(): string[] {
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html") && file !== "404.html")
    .map((file) => `/${file.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, "")}`)
    .sort();
}

/** The text of a page of the built site. */
export function htmlOf(page: string): string {
  const file = page.endsWith("/") ? `${page}index.html` : `${page}.html`;
  return readFileSync(new URL(`.${file}`, dist), "utf8");
}
