/** Bundles the contract into one file for a process, a Worker or a page, with or without the packages. */
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { app } from "./workspace.js";

/** The entries: the contract, or the checks of ambient scopes. */
export type Part = "contract" | "ambient";

/** The newest syntax that the output may use: `esnext` keeps `using`. */
export type Syntax = "es2022" | "esnext";

/** How a runtime receives the contract and returns its outcomes. */
type Host = "process" | "worker" | "page";

const functions: Readonly<Record<Part, string>> = {
  contract: 'import { runContract as run, share } from "./index.ts";',
  ambient: 'import { runAmbient as run } from "./ambient.ts"; const share = () => {};',
};

const hosts: Readonly<Record<Host, string>> = {
  process: "void run().then((outcomes) => console.log(JSON.stringify(outcomes)));",
  worker: `export default {
    async fetch({ url }) {
      if (new URL(url).pathname === "/shared") share();
      return Response.json(await run());
    },
  };`,
  page: "globalThis.outcomes = run();",
};

export interface BundleOptions {
  readonly part: Part;
  readonly host: Host;
  readonly target: Syntax;
}

const common: BuildOptions = { bundle: true, format: "esm", platform: "neutral", logLevel: "error" };

/** Bundles the contract into `outfile`. The packages are not included; they are resolved from its folder. */
export async function bundleContract(outfile: string, { part, host, target }: BundleOptions): Promise<void> {
  const contents = `${functions[part]}\n${hosts[host]}`;
  await build({
    ...common,
    stdin: { contents, resolveDir: join(app, "contract"), loader: "ts" },
    target,
    outfile,
    external: ["node:*", "@selvage/*", "@opentelemetry/api"],
  });
}

/** Bundles the programs that each run in a separate process. The packages are resolved from their folder. */
export async function bundlePrograms(outfile: string): Promise<void> {
  await build({
    ...common,
    entryPoints: [join(app, "src/programs/process.ts")],
    target: "es2022",
    outfile,
    external: ["node:*", "@selvage/*"],
  });
}

/** Bundles the Worker that serves concurrent requests. The packages are resolved from its folder. */
export async function bundleWorker(outfile: string): Promise<void> {
  const entryPoints = [join(app, "src/programs/worker-requests.ts")];
  await build({ ...common, entryPoints, target: "esnext", outfile, external: ["node:*", "@selvage/*"] });
}

/** A file of `fake-timers/hosts`, whose fake timers the programs use. */
export type FakeTimersHost = "node-test" | "sinon" | "jest" | "bun-test" | "zone";

/** Bundles the programs that run with fake timers. The packages are resolved from their folder. */
export async function bundleHost(host: FakeTimersHost, outfile: string): Promise<void> {
  await build({
    ...common,
    platform: "node",
    entryPoints: [join(app, "fake-timers/hosts", `${host}.ts`)],
    target: "es2022",
    outfile,
    external: ["node:*", "bun:test", "@jest/globals", "@selvage/*"],
    // For CommonJS modules that require the platform's modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
}

/** Bundles a module together with the packages, for runtimes that do not resolve packages. */
export async function bundlePackages(file: string, outfile: string): Promise<void> {
  await build({ ...common, entryPoints: [file], target: "esnext", outfile, external: ["node:*", "@jest/globals"] });
}
