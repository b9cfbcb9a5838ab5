import { readdirSync, readFileSync } from "node:fs";

const dist = new URL("../.vitepress/dist/", import.meta.url);

/** The pages of the built site, as a browser asks for them: "/", "/which/", "/guides/semantics". */
export function builtPages(): string[] {
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html") && file !== "404.html")
    .map((file) => `/${file.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, "")}`)
    .sort();
}

/** What a page of the built site says. */
export function htmlOf(page: string): string {
  const file = page.endsWith("/") ? `${page}index.html` : `${page}.html`;
  return readFileSync(new URL(`.${file}`, dist), "utf8");
}
