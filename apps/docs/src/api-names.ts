import { existsSync, readFileSync } from "node:fs";

/** A name of the API, and the page that describes it. */
export interface ApiName {
  readonly name: string;
  /** The module that exports it, such as "@selvage/scope/lowlevel". */
  readonly module: string;
  readonly link: string;
  /** The members that have a heading on that page. */
  readonly members: readonly string[];
}

/** The file in which the reference stores the names. */
export const namesFile: URL = new URL("../api/names.json", import.meta.url);

/** The names as they were last written; empty if the reference does not exist. */
export function readApiNames(): readonly ApiName[] {
  return existsSync(namesFile) ? (JSON.parse(readFileSync(namesFile, "utf8")) as ApiName[]) : [];
}
