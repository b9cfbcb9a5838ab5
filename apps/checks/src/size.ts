/** Prints what the packages add to a user's bundle, and fails where that is more than its budget (D5). */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./repository.js";

/** Bytes. Each holds for everything that the packages export; the second figure is that of one import from the last. */
const budgets = [
  { packages: ["scope", "task-group"], budget: 6000, usual: "TaskGroup" },
  { packages: ["scope", "supervisor"], budget: 7000, usual: "Supervisor" },
  { packages: ["scope", "exception-group", "task-group", "supervisor", "timeout"], budget: 9500, usual: "timeout" },
];

for (const { packages, budget, usual } of budgets) {
  const names = packages.map((name) => JSON.stringify(`@selvage/${name}`));
  const everything = await bundledSize(names.map((name) => `export * from ${name};`).join("\n"));
  const one = await bundledSize(`export { ${usual} } from ${names.at(-1)!};`);
  const verdict = everything <= budget ? "ok" : "TOO BIG";
  console.log(`${verdict}: ${packages.join(" + ")}: ${everything} of ${budget} bytes (${usual} alone: ${one})`);
  if (everything > budget) process.exitCode = 1;
}

/** The size of a module with all it imports, minified and gzipped. */
async function bundledSize(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: `${root}/apps/checks` },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
