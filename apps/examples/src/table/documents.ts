import { renderDocument, replaceTable } from "./markdown.js";
import type { Table } from "./table.js";

/** A file that shows the table. */
export interface Document {
  readonly file: URL;
  /** Returns the new text of the file, given its present text. */
  readonly update: (text: string, table: Table) => string;
}

/** Every file that shows the table. */
export const documents: readonly Document[] = [
  {
    file: new URL("../../comparison-table.md", import.meta.url),
    update: (_text: string, table: Table) => renderDocument(table),
  },
  { file: new URL("../../../../README.md", import.meta.url), update: replaceTable },
];
