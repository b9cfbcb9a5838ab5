import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { type Circumstances, renderReport, renderSummary } from "./report.js";
import type { CaseResult } from "./runner.js";

const readme = fileURLToPath(new URL("../README.md", import.meta.url));

/** Writes the report of this line of Node to a file of its own, and its goals into the README. */
export async function writeDocuments(results: readonly CaseResult[], circumstances: Circumstances): Promise<void> {
  const major = circumstances.node.split(".")[0]!;
  const report = fileURLToPath(new URL(`../results/node-${major}.md`, import.meta.url));
  await write(report, renderReport(results, circumstances));
  await write(
    readme,
    replaceSection(readFileSync(readme, "utf8"), `node-${major}`, renderSummary(results, circumstances)),
  );
}

/**
 * The text with other words between the markers of a section.
 *
 * @throws {Error} Where it has no such section.
 */
export function replaceSection(text: string, section: string, words: string): string {
  const [start, end] = [`<!-- ${section}:start -->`, `<!-- ${section}:end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`expected ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${words}\n\n${text.slice(to)}`;
}

async function write(file: string, text: string): Promise<void> {
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
