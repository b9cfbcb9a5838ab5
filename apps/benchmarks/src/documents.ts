import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { type Circumstances, renderReport, renderSummary } from "./report.js";
import type { CaseResult } from "./runner.js";

/** Writes the report to `results/node-NN.md`, and what became of the goals into the README, both in `folder`. */
export async function writeDocuments(
  folder: string,
  results: readonly CaseResult[],
  circumstances: Circumstances,
): Promise<void> {
  const section = `node-${circumstances.node.split(".")[0]!}`;
  const readme = join(folder, "README.md");
  const updated = replaceSection(await readFile(readme, "utf8"), section, renderSummary(results, circumstances));
  await mkdir(join(folder, "results"), { recursive: true });
  await write(join(folder, `results/${section}.md`), renderReport(results, circumstances));
  await write(readme, updated);
}

/**
 * Replaces what is between the markers of a section.
 *
 * @throws {Error} If the text has no such section.
 */
export function replaceSection(text: string, section: string, words: string): string {
  const [start, end] = [`<!-- ${section}:start -->`, `<!-- ${section}:end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`expected ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${words}\n\n${text.slice(to)}`;
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}
