import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./repository.js";

/** The budget for all exports of some packages together, in a user's bundle, or for the own code of one package. */
export interface Budget {
  readonly packages: readonly string[];
  /**
   * The limit in bytes, minified and gzipped, for all exports. It is slightly above the present size; a change that
   * exceeds it raises it here.
   */
  readonly all: number;
  /** The goal in bytes. */
  readonly goal: number;
  /** Whether the core and peers are not counted, so that it is the package's own code. Default: false. */
  readonly isOwnCode?: true;
  /** Whether the usual import is the only name that the packages export. Default: false. */
  readonly isOnlyName?: true;
  /** The usual import from the last package, and its bytes. */
  readonly usual: readonly [name: string, bytes: number];
}

export const budgets: readonly Budget[] = [
  { packages: ["scope", "task-group"], all: 20_850, goal: 9_500, usual: ["TaskGroup", 15_100] },
  { packages: ["scope", "supervisor"], all: 21_150, goal: 10_500, usual: ["Supervisor", 20_850] },
  {
    packages: ["scope", "exception-group", "task-group", "supervisor", "timeout"],
    all: 27_700,
    goal: 14_500,
    usual: ["timeout", 10_450],
  },
  { packages: ["semaphore"], isOwnCode: true, all: 3_550, goal: 3_000, usual: ["Semaphore", 2_000] },
  { packages: ["retry"], isOwnCode: true, all: 5_150, goal: 3_000, usual: ["retry", 2_050] },
  { packages: ["subprocess"], isOwnCode: true, all: 5_000, goal: 3_000, usual: ["runCommand", 4_800] },
  { packages: ["channel"], isOwnCode: true, all: 5_500, goal: 3_000, usual: ["Channel", 3_050] },
  { packages: ["stream"], isOwnCode: true, all: 5_050, goal: 3_000, usual: ["mapStream", 1_800] },
  { packages: ["trace"], isOwnCode: true, all: 5_100, goal: 5_000, usual: ["traceTo", 4_050] },
  { packages: ["flight"], isOwnCode: true, all: 3_000, goal: 3_000, usual: ["Flights", 2_950] },
  { packages: ["otel"], isOwnCode: true, isOnlyName: true, all: 4_050, goal: 4_000, usual: ["instrument", 4_050] },
];

export interface Sizes {
  readonly all: number;
  readonly usual: number;
}

export async function measure({ packages, isOwnCode, usual: [name] }: Budget): Promise<Sizes> {
  const modules = packages.map((folder) => JSON.stringify(`@selvage/${folder}`));
  return {
    all: await bundledSize(modules.map((module) => `export * from ${module};`).join("\n"), isOwnCode),
    usual: await bundledSize(`export { ${name} } from ${modules.at(-1)!};`, isOwnCode),
  };
}

/** The size of a module with all its imports, minified and gzipped; `isOwnCode` leaves out the core. */
async function bundledSize(contents: string, isOwnCode = false): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: `${root}/apps/checks` },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["@selvage/published"],
    external: ["node:*", ...(isOwnCode ? ["@selvage/scope", "@selvage/scope/*", "@opentelemetry/api"] : [])],
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
