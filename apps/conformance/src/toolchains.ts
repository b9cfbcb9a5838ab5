/** Transforms the packages and the contract with the toolchains of users; Node runs the output. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as swc from "@swc/core";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { minify } from "terser";
import ts from "typescript";
import * as vite from "vite";
import webpack from "webpack";
import { bundleContract } from "./bundle.js";
import { runWell } from "./command.js";
import { type Outcome, parseOutcomes } from "./outcomes.js";

export interface Toolchain {
  readonly name: string;
  readonly version: string;
  /** Transforms `contract`, a module beside which the packages are installed, and writes it to `folder`; returns its path. */
  readonly make: (contract: string, folder: string) => Promise<string>;
}

/** Transforms a module. */
type Transform = (code: string) => Promise<string>;

const require = createRequire(import.meta.url);

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}

export const toolchains: readonly Toolchain[] = [
  withEsbuild("bundled", {}),
  withEsbuild("minified", { minify: true }),
  withEsbuild("minified except the syntax", { minifyWhitespace: true, minifyIdentifiers: true }),
  withEsbuild("syntax minified", { minifySyntax: true }),
  withEsbuild("minified for ES2020", { minify: true, target: "es2020" }),
  withEsbuild("minified for ES2017", { minify: true, target: "es2017" }),
  { name: "rollup, terser", version: `${versionOf("rollup")}, ${versionOf("terser")}`, make: withRollupAndTerser },
  { name: "vite (rolldown), minified", version: vite.version, make: withVite },
  { name: "webpack, production mode", version: webpack.version, make: withWebpack },
  ...(["es2017", "es2015"] as const).map((target) => ({
    name: `swc, each file minified for ${target.toUpperCase()}`,
    version: swc.version,
    make: fileByFile(async (code) => {
      const { code: output } = await swc.transform(code, {
        configFile: false,
        swcrc: false,
        isModule: true,
        minify: true,
        jsc: { target, minify: { compress: true, mangle: true }, parser: { syntax: "ecmascript" } },
      });
      return output;
    }),
  })),
  ...(["ES2020", "ES2017", "ES2015"] as const).map((target) => ({
    name: `tsc, each file for ${target}`,
    version: ts.version,
    make: fileByFile((code) => {
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { target: ts.ScriptTarget[target], module: ts.ModuleKind.ESNext },
      });
      return Promise.resolve(outputText);
    }),
  })),
];

/** Runs the contract in the output of a toolchain. */
export async function runMadeBy({ name, make }: Toolchain, project: string): Promise<Outcome[]> {
  const contract = join(project, "contract.es2022.mjs");
  await bundleContract(contract, { part: "contract", host: "process", target: "es2022" });
  const folder = join(project, "made", name.replaceAll(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const file = await make(contract, folder);
  return parseOutcomes(await runWell(process.execPath, ["--expose-gc", file], { cwd: folder, timeLimit: 300_000 }));
}

function withEsbuild(what: string, options: esbuild.BuildOptions): Toolchain {
  return {
    name: `esbuild, ${what}`,
    version: esbuild.version,
    async make(contract, folder) {
      const outfile = join(folder, "contract.mjs");
      const entryPoints = [contract];
      const fixed = { entryPoints, bundle: true, format: "esm", platform: "node", outfile, logLevel: "error" } as const;
      await esbuild.build({ target: "es2022", ...options, ...fixed });
      return outfile;
    },
  };
}

async function withRollupAndTerser(contract: string, folder: string): Promise<string> {
  const bundle = await rollup({
    input: contract,
    plugins: [nodeResolve()],
    onwarn(warning) {
      throw new Error(warning.message);
    },
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  const { code } = await minify(output[0].code, { module: true, ecma: 2020, compress: { passes: 2 } });
  const file = join(folder, "contract.mjs");
  writeFileSync(file, code!);
  return file;
}

async function withVite(contract: string, folder: string): Promise<string> {
  await vite.build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: "dist",
      minify: true,
      target: "es2022",
      rolldownOptions: { input: contract, output: { entryFileNames: "contract.mjs" }, preserveEntrySignatures: false },
    },
  });
  return join(folder, "dist/contract.mjs");
}

async function withWebpack(contract: string, folder: string): Promise<string> {
  const compiler = webpack({
    mode: "production",
    target: "es2022",
    context: folder,
    entry: contract,
    experiments: { outputModule: true },
    output: { path: folder, filename: "contract.mjs", module: true, chunkFormat: "module" },
    performance: false,
  });
  const stats = await new Promise<webpack.Stats>((resolve, reject) => {
    compiler.run((error, result) => {
      compiler.close(() => {
        if (error !== null) reject(error);
        else resolve(result!);
      });
    });
  });
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  return join(folder, "contract.mjs");
}

/** A toolchain that does not bundle: it transforms every file of the packages, and the contract, in place. */
function fileByFile(transform: Transform): Toolchain["make"] {
  return async (contract, folder) => {
    const modules = join(folder, "node_modules/@selvage");
    cpSync(join(contract, "../node_modules/@selvage"), modules, { recursive: true });
    const file = join(folder, "contract.mjs");
    cpSync(contract, file);
    const sources = readdirSync(modules, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
    for (const path of [file, ...sources.map((name) => join(modules, name))]) {
      writeFileSync(path, await transform(readFileSync(path, "utf8")));
    }
    return file;
  };
}
