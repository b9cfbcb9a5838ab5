import type { Column } from "./column.js";
import { columns } from "./columns.js";
import type { Row } from "./row.js";
import { rows } from "./rows/index.js";
import type { RuleNumber } from "./rules.js";

/** The result of a probe; "–" if the column does not apply. */
export type Verdict = "yes" | "no" | "by hand" | "–";

/** A cell of the table. */
export interface Cell {
  readonly verdict: Verdict;
  /** The rule that states it; `undefined` for the platform. */
  readonly rule?: RuleNumber | undefined;
}

/** All results of the probes. */
export interface Table {
  readonly columns: readonly Pick<Column, "title" | "probe" | "isUnwanted">[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
}

/** Runs every probe with every row. Needs a process that can collect garbage: see run-probes.ts. */
export async function probeTable(): Promise<Table> {
  const found = [];
  for (const row of rows) {
    const cells: Cell[] = [];
    for (const [name, column] of columns) cells.push({ verdict: await judge(row, column), rule: row.rules[name] });
    found.push({ name: row.name, cells });
  }
  return { columns: columns.map(([, column]) => column), rows: found };
}

/**
 * Turns probes into cells. "yes": the probe succeeds with the row alone. "by hand": it succeeds only with `byHand` of
 * the row, which its users would have to write. An unwanted property is probed once, because users would not write
 * code for it.
 */
export async function judge(row: Row, column: Column): Promise<Verdict> {
  const [asIs, byHand] = probesOf(row, column);
  if (asIs === undefined && byHand === undefined) return "–";
  if (column.isUnwanted === true) return (await (asIs ?? byHand)?.()) === true ? "yes" : "no";
  if ((await asIs?.()) === true) return "yes";
  return (await byHand?.()) === true ? "by hand" : "no";
}

type Probe = (() => Promise<boolean>) | undefined;

function probesOf(row: Row, column: Column): readonly [asIs: Probe, byHand: Probe] {
  if (row.runs === "many tasks") {
    const { asIs, byHand } = row;
    return [asIs && (() => column.ofManyTasks(asIs)), byHand && (() => column.ofManyTasks(byHand))];
  }
  const { asIs, byHand } = row;
  const probe = column.ofOneBody?.bind(column);
  return [probe && asIs && (() => probe(asIs)), probe && byHand && (() => probe(byHand))];
}
