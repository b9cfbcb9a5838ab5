import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./repository.js";

/** The budget for all exports of some packages together, in a user's bundle. */
export interface Budget {
  readonly packages: readonly string[];
  /**
   * The limit in bytes, minified and gzipped, for all exports. It is slightly above the present size; a change that
   * exceeds it raises it here.
   */
  readonly all: number;
  /** The goal in bytes. */
  readonly goal: number;
  /** The usual import from the last package, and its bytes. */
  readonly usual: readonly [name: string, bytes: number];
}

export const budgets: readonly Budget[] = [
  { packages: ["scope", "task-group"], all: 19_950, goal: 9_500, usual: ["TaskGroup", 14_450] },
  { packages: ["scope", "supervisor"], all: 20_500, goal: 10_500, usual: ["Supervisor", 20_250] },
  {
    packages: ["scope", "exception-group", "task-group", "supervisor", "timeout"],
    all: 26_750,
    goal: 14_500,
    usual: ["timeout", 10_000],
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

/** The size of a module with all its imports, minified and gzipped. */
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
