/** What the fault runs print, and the table that they write. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import type { Result } from "./play.js";

/** The file of the table. */
export const file: string = fileURLToPath(new URL("../../faults.md", import.meta.url));

/** One line for a scenario, and one for each of its problems. */
export function line(result: Result): string {
  const { name, accepted, lost, stuck, twice, starts, shutdown, peak, elapsed, problems } = result;
  const counts = `${accepted} accepted, ${lost.length} lost, ${stuck.length} stuck, ${twice} delivered twice`;
  const more = `${starts} starts, shutdown ${Math.round(shutdown)} ms, ${megabytes(peak)} MB, ${(elapsed / 1_000).toFixed(1)} s`;
  const mark = problems.length === 0 ? "✓" : "✗";
  return [`${mark} ${name}: ${counts}, ${more}`, ...problems.map(indent)].join("\n");
}

/** The document. `limit` is how long a shutdown may take, in milliseconds. */
export function renderDocument(results: readonly Result[], limit: number): Promise<string> {
  const text = `# What the service survives

<!-- Written by \`pnpm faults --write\`: do not edit. -->

The service ran as a process, against a real PostgreSQL, while clients sent events to it and one thing after the other failed.
Its times were short: 500 ms for an attempt, 3 s for a claim. Each row is one run, as measured on a machine with ${availableParallelism()} cores and Node ${process.versions.node.split(".")[0]!}.

- **accepted**: events that the service answered with 202. The clients sent each event until that was the answer.
- **lost**: accepted, and never arrived at its destination.
- **stuck**: still due or claimed at the end.
- **twice**: arrived more than once. Events are delivered at least once: a process that is killed after a delivery, and before it has recorded it, causes
  a second one. Its \`webhook-id\` is the same.
- **processes**: how many were started. One that ended by itself, or got a signal, was replaced.
- **shutdown**: the longest time from a SIGTERM to the end of the process. It may take ${limit.toLocaleString("en")} ms here.
- **memory**: the most that one process had.

${table([
  ["fault", "accepted", "lost", "stuck", "twice", "processes", "shutdown (ms)", "memory (MB)"],
  ["---", ...Array.from({ length: 7 }, () => "--:")],
  ...results.map((result) => [
    result.name,
    String(result.accepted),
    String(result.lost.length),
    String(result.stuck.length),
    String(result.twice),
    String(result.starts),
    String(Math.round(result.shutdown)),
    megabytes(result.peak),
  ]),
])}

\`pnpm faults\` runs all of it, \`pnpm faults --only NAME --seed N\` one fault, and \`pnpm faults --slice\` a part of the events. \`pnpm soak --minutes N\` lets
random faults happen for a long time, to two processes that share the events, and measures the heap of the one that is never restarted.
`;
  return format(text, { parser: "markdown", printWidth: 120 });
}

function indent(problem: string): string {
  return `    ${problem.replaceAll("\n", "\n      ")}`;
}

function megabytes(bytes: number): string {
  return String(Math.round(bytes / 1e6));
}

function table(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
