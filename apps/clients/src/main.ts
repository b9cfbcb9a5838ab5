/**
 * `pnpm clients`: runs every case, prints how it ended, and compares that with `matrix.json`. With `--write` it
 * rewrites `matrix.json` and `matrix.md`, which needs every server.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cases } from "./cases/index.js";
import { files, remedyFor, renderDocument, renderFigures, type Row, rowOf } from "./matrix.js";
import { record } from "./record.js";
import { startServers } from "./servers/index.js";

const writes = process.argv.includes("--write");
const servers = await startServers();
const rows: Row[] = [];
try {
  for (const [name, { message }] of servers.missing) console.error(`The cases of ${name} are skipped: ${message}.`);
  for (const one of cases) {
    if (one.needs !== undefined && servers.missing.has(one.needs)) continue;
    const end = await record(one, servers);
    rows.push(rowOf(one, end));
    const { class: className = "", message = "" } = end.error ?? {};
    console.log(`${one.package}: ${one.name}: ${end.ends} ${className} ${message}`);
    if (remedyFor(end) !== one.remedy) {
      console.error(
        `  expected the remedy ${String(one.remedy)}, but it ends in a way that needs ${String(remedyFor(end))}`,
      );
      process.exitCode = 1;
    }
  }
} finally {
  await servers[Symbol.asyncDispose]();
}

const isWhole = rows.length === cases.length && process.exitCode !== 1;
if (writes && isWhole) {
  writeFileSync(files.figures, await renderFigures(rows));
  writeFileSync(files.document, await renderDocument(rows));
} else if (writes) {
  console.error("Nothing is written: not every case was run, or one ended in another way than it says.");
  process.exitCode = 1;
} else if (isWhole && (await renderFigures(rows)) !== readFileSync(files.figures, "utf8")) {
  console.error("matrix.json differs: see it with `pnpm clients --write` and `git diff`.");
  process.exitCode = 1;
}
