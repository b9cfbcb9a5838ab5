/** Two commands side by side, whose lines come in pieces, and the last without a newline. */
import { CancelScope, runCommand } from "../../src/index.js";

using scope = new CancelScope();
const script = `printf '1\\n2'; sleep 0.01; printf '\\n'; printf 'error of %s' "$1" >&2; sleep 0.01; printf 3`;
const run = (name: string) =>
  runCommand(scope, "sh", ["-c", script, "sh", name], { output: "lines", prefix: `[${name}] ` });
const [a] = await Promise.all([run("a"), run("b")]);
console.log(`kept ${JSON.stringify(a.stdout + a.stderr)}`);
