import type { Listing } from "./cli.js";
import { programs } from "./programs/index.js";

/** Everything that this app can run. */
export const listing: Listing = { programs, byDefault: programs.map(({ name }) => name) };
