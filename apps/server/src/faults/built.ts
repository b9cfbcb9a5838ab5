import { fileURLToPath } from "node:url";

/** The path of a built file, for sources that tests import, too. */
export function built(file: string): string {
  return fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));
}
