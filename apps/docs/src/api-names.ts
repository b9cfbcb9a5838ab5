/** A name of the API, and the page that describes it. */
export interface ApiName {
  readonly name: string;
  /** What it is imported from: "@selvage/scope/lowlevel". */
  readonly module: string;
  readonly link: string;
}

/** Where the reference keeps the list of them. */
export const namesFile: URL = new URL("../api/names.json", import.meta.url);
