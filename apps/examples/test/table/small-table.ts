import type { Table } from "../../src/table/table.js";

const columns: Table["columns"] = [
  { title: "waits for `finally`", probe: "A task ends. Yes: so does its `finally`." },
  { title: "holds memory", probe: "A task ends. Yes: it stays.", isUnwanted: true },
];

/** A table of two columns and two rows, for tests of drawing. */
export const smallTable: Table = {
  columns,
  rows: [
    {
      name: "TaskGroup",
      cells: [
        { verdict: "yes", rule: "T1" },
        { verdict: "no", rule: "T9" },
      ],
    },
    {
      name: "AbortController, by hand",
      cells: [{ verdict: "by hand" }, { verdict: "–" }],
    },
  ],
};
