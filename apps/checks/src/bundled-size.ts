import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./repository.js";

/** Everything that some packages export, together, and what a user's bundle grows by. */
export interface Budget {
  readonly packages: readonly string[];
  /** Bytes, minified and gzipped, of all that they export. What is there now and little more: whoever goes over it says so here. */
  readonly all: number;
  /** Where they are to come. */
  readonly goal: number;
  /** What is usually imported from the last, and how many bytes that alone brings. */
  readonly usual: readonly [name: string, bytes: number];
}

export const budgets: readonly Budget[] = [
  { packages: ["scope", "task-group"], all: 20_150, goal: 9_500, usual: ["TaskGroup", 14_550] },
  { packages: ["scope", "supervisor"], all: 20_650, goal: 10_500, usual: ["Supervisor", 20_350] },
  {
    packages: ["scope", "exception-group", "task-group", "supervisor", "timeout"],
    all: 26_950,
    goal: 14_500,
    usual: ["timeout", 10_050],
  },
];

export interface Sizes {
  readonly all: number;
  readonly usual: number;
}

export async function measure({ packages, usual: [name] }: Budget): Promise<Sizes> {
  const modules = packages.map((folder) => JSON.stringify(`@selvage/${folder}`));
  return {
    all: await bundledSize(modules.map((module) => `export * from ${module};`).join("\n")),
    usual: await bundledSize(`export { ${name} } from ${modules.at(-1)!};`),
  };
}

/** The size of a module with all it imports, minified and gzipped. */
async function bundledSize(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: `${root}/apps/checks` },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["@selvage/published"],
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
