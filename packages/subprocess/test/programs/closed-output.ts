/** Passes on the lines of an endless command, until the reader of its output closes that. */
import { CancelScope, runCommand } from "../../src/index.js";

using scope = new CancelScope();
const options = { output: "lines", prefix: "> " } as const;
await runCommand(scope, "yes", [], options).catch((error: unknown) => console.error(String(error)));
