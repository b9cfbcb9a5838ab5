import { existsSync, readFileSync } from "node:fs";

/** A name of the API, and the page that describes it. */
export interface ApiName {
  readonly name: string;
  /** What it is imported from: "@selvage/scope/lowlevel". */
  readonly module: string;
  readonly link: string;
  /** The members that have a heading on that page. */
  readonly members: readonly string[];
}

/** Where the reference keeps the list of them. */
export const namesFile: URL = new URL("../api/names.json", import.meta.url);

/** The names as they were last written; none where the reference was not. */
export function readApiNames(): readonly ApiName[] {
  return existsSync(namesFile) ? (JSON.parse(readFileSync(namesFile, "utf8")) as ApiName[]) : [];
}
