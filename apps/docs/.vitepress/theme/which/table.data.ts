import { columns } from "@selvage/examples/dist/table/columns.js";
import { rules } from "@selvage/examples/dist/table/rules.js";
import { runProbes } from "@selvage/examples/dist/table/run-probes.js";
import type { Verdict } from "@selvage/examples/dist/table/table.js";
import { readApiNames } from "../../../src/api-names.js";

/** The comparison table, from a run of the probes. */
export interface ComparisonTable {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

interface Column {
  /** The name of its page, as in /which/probes/cleanup. */
  readonly name: string;
  readonly title: string;
  /** Whether "no" is the good answer. */
  readonly isUnwanted: boolean;
}

interface Row {
  readonly name: string;
  readonly link: string;
  readonly isOurs: boolean;
  readonly cells: readonly Cell[];
}

interface Cell {
  readonly verdict: Verdict;
  /** The number and the text of the rule that states it; `undefined` for the platform. */
  readonly rule?: string | undefined;
  readonly says?: string | undefined;
}

declare const data: ComparisonTable;
export { data };

export default {
  async load(): Promise<ComparisonTable> {
    const names = readApiNames();
    const table = await runProbes();
    return {
      columns: table.columns.map(({ title, isUnwanted = false }, i) => ({ name: columns[i]![0], title, isUnwanted })),
      rows: table.rows.map(({ name, cells }) => {
        const ours = names.find((one) => one.name === name);
        return {
          name,
          link: ours?.link ?? `/which/ways#${slug(name)}`,
          isOurs: ours !== undefined,
          cells: cells.map(({ verdict, rule }) => ({ verdict, rule, says: rule && rules[rule] })),
        };
      }),
    };
  },
};

/** Makes an anchor as VitePress does for a heading. */
function slug(name: string): string {
  return name.toLowerCase().replace(/\W+/g, "-");
}
