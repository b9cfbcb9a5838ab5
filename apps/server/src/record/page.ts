import { readFileSync, writeFileSync } from "node:fs";
import type { ReceivedSpan } from "@selvage/test-support/otlp-collector";
import { waterfall } from "@selvage/test-support/waterfall";
import { timeline, type TimelineEvent } from "./timeline.js";

const read = (name: string): string => readFileSync(urlOf(name), "utf8");
const urlOf = (name: string): URL => new URL(`../../${name}`, import.meta.url);

/** Returns the README with what is drawn from the recordings beside it. */
export function page(): string {
  const shutdown = timeline(JSON.parse(read("shutdown.trace")) as TimelineEvent[]);
  const spans = waterfall(JSON.parse(read("event.spans.json")) as ReceivedSpan[]).join("\n");
  return replace(replace(read("README.md"), "shutdown", shutdown), "spans", spans);
}

/** Writes the README. */
export function writePage(): void {
  writeFileSync(urlOf("README.md"), page());
}

/** Replaces what is between two comments. */
function replace(text: string, name: string, drawing: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [before, rest] = text.split(start);
  const [, after] = rest?.split(end) ?? [];
  if (after === undefined) throw new Error(`expected ${start} and ${end} in the README`);
  return `${before}${start}\n\n\`\`\`text\n${drawing}\n\`\`\`\n\n${end}${after}`;
}
