/** The contract as one file: for a process, a Worker or a page, with the packages in it or beside it. */
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { app } from "./workspace.js";

/** What is run: the contract, or the little that is promised of ambient scopes. */
export type Part = "contract" | "ambient";

/** The newest syntax that may be left: `esnext` keeps `using`. */
export type Syntax = "es2022" | "esnext";

/** How a runtime is handed the contract, and hands back its outcomes. */
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

/** Bundles the contract into `outfile`; the packages are left to be found where it lies. */
export async function bundleContract(outfile: string, { part, host, target }: BundleOptions): Promise<void> {
  const contents = `${functions[part]}\n${hosts[host]}`;
  await build({
    ...common,
    stdin: { contents, resolveDir: join(app, "contract"), loader: "ts" },
    target,
    outfile,
    external: ["node:*", "@selvage/*"],
  });
}

/** Bundles the programs of which each is a process of its own; the packages are left to be found where they lie. */
export async function bundlePrograms(outfile: string): Promise<void> {
  await build({
    ...common,
    entryPoints: [join(app, "src/programs/process.ts")],
    target: "es2022",
    outfile,
    external: ["node:*", "@selvage/*"],
  });
}

/** Bundles the Worker that serves requests at the same time; the packages are left to be found where it lies. */
export async function bundleWorker(outfile: string): Promise<void> {
  const entryPoints = [join(app, "src/programs/worker-requests.ts")];
  await build({ ...common, entryPoints, target: "esnext", outfile, external: ["node:*", "@selvage/*"] });
}

/** Whose fake timers the programs run with: a file of `fake-timers/hosts`. */
export type FakeTimersHost = "node-test" | "jest" | "zone";

/** Bundles the programs that run with fake timers; the packages are left to be found where they lie. */
export async function bundleHost(host: FakeTimersHost, outfile: string): Promise<void> {
  await build({
    ...common,
    entryPoints: [join(app, "fake-timers/hosts", `${host}.ts`)],
    target: "es2022",
    outfile,
    external: ["node:*", "@jest/globals", "@selvage/*"],
  });
}

/** Bundles a module with the packages found where it lies: for runtimes that find none by themselves. */
export async function bundlePackages(file: string, outfile: string): Promise<void> {
  await build({ ...common, entryPoints: [file], target: "esnext", outfile, external: ["node:*", "@jest/globals"] });
}
