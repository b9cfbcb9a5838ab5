import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this app, without a trailing slash. */
export const app: string = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The top folder of the repository. */
export const root: string = join(app, "../..");

/** The published packages, by the names of their folders. */
export const packages: readonly string[] = readdirSync(join(root, "packages")).sort();
