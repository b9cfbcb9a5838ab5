import { readFileSync } from "node:fs";
import { columns } from "@selvage/examples/dist/table/columns.js";
import type { Cell } from "@selvage/examples/dist/table/table.js";
import { runProbes } from "@selvage/examples/dist/table/run-probes.js";

const sources = new URL("../../../examples/src/table/probes/", import.meta.url);

interface Page {
  readonly params: { readonly name: string };
  readonly content: string;
}

/** A page for each column of the table: what the probe does, the verdicts, and the program. */
export default {
  async paths(): Promise<Page[]> {
    const { rows } = await runProbes();
    return columns.map(([name, { title, probe, isUnwanted }], column) => ({
      params: { name },
      content: [
        `# ${title.charAt(0).toUpperCase()}${title.slice(1)}`,
        `${probe}${isUnwanted === true ? " (Here _no_ is better.)" : ""}`,
        "It runs in virtual time, once for each [way to run tasks](/which/ways), with these results:",
        [
          "| way | result | rule |",
          "| --- | --- | --- |",
          ...rows.map((row) => drawRow(row.name, row.cells[column]!)),
        ].join("\n"),
        "## The program",
        `\`\`\`ts\n${readFileSync(new URL(`${name}.ts`, sources), "utf8")}\`\`\``,
        "`Stage` has a virtual clock, makes tasks with a given behaviour, and records what happens to them.",
        "[Back to the table](/which/)",
      ].join("\n\n"),
    }));
  },
};

function drawRow(name: string, { verdict, rule }: Cell): string {
  return `| ${name.replace(/^[\w.]+/, "`$&`")} | ${verdict} | ${rule ?? ""} |`;
}
