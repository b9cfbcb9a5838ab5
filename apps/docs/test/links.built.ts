import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtPages, htmlOf } from "./built-pages.js";

const dist = new URL("../.vitepress/dist/", import.meta.url);
const pages = builtPages();
const html = new Map(pages.map((page) => [page, htmlOf(page)]));
const anchors = new Map([...html].map(([page, text]) => [page, new Set(valuesOf("id", text))]));

describe("the built site", () => {
  it("has a page of each kind", () => {
    for (const page of [
      "/",
      "/which/",
      "/which/probes/cleanup",
      "/guides/semantics",
      "/coming-from/",
      "/playground/",
    ]) {
      expect(pages).toContain(page);
    }
    expect(pages).toContain("/api/task-group/classes/TaskGroup");
  });

  it.each(pages)("%s links only to existing pages and anchors", (page) => {
    const dead = valuesOf("href", html.get(page)!).filter((href) => !isAlive(href, page));
    expect(dead).toEqual([]);
  });

  it.each(pages)("%s loads nothing from another host", (page) => {
    const text = html.get(page)!;
    const asked = [...valuesOf("src", text), ...valuesOf("srcset", text), ...linked(text)];
    expect(asked.filter((url) => /^(\w+:)?\/\//.test(url))).toEqual([]);
  });
});

function isAlive(href: string, page: string): boolean {
  const url = new URL(href, `http://site${page}`);
  if (url.origin !== "http://site") return /^https?:$/.test(url.protocol);
  const path = decodeURIComponent(url.pathname);
  const ids = anchors.get(path);
  if (ids === undefined) return existsSync(new URL(`.${path}`, dist)) && !path.endsWith("/");
  return url.hash === "" || ids.has(decodeURIComponent(url.hash.slice(1)));
}

/** The kinds of `link` that the browser fetches. */
function linked(text: string): string[] {
  return [...text.matchAll(/<link [^>]*>/g)].flatMap(([link]) => valuesOf("href", link));
}

function valuesOf(attribute: string, text: string): string[] {
  return [...text.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, "g"))].map(([, value = ""]) =>
    value.replaceAll("&amp;", "&").replaceAll("&quot;", '"'),
  );
}
