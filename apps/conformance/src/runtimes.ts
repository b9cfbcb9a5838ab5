/** The runtimes, each with a fixed version, and how each runs the contract. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundleContract, bundlePrograms, type Part, type Syntax } from "./bundle.js";
import { runOnChromium } from "./chromium.js";
import { runWell } from "./command.js";
import { runBunTest, runFakeTimers } from "./fake-timers.js";
import { type Outcome, parseOutcomes } from "./outcomes.js";
import { runProcessChecks } from "./process-checks.js";
import { runOnWorkerd } from "./workerd.js";
import { app } from "./workspace.js";

/** Runs the contract with the packages that are installed in `project`. */
type Try = (project: string) => Promise<{ readonly version: string; readonly outcomes: Outcome[] }>;

export interface Runtime {
  readonly name: string;
  /** The version that runs; the system's version if the runtime is not installed by npm. */
  readonly version: string;
  /** Finds or installs the runtime; rejects if it is not available. */
  readonly prepare: () => Promise<Try>;
}

const nodeVersions = ["20.19.0", "22.23.3", "24.21.0", "26.10.0"] as const;

/** The newest Node, which also runs the packages' own tests. */
export const newestNode: string = nodeVersions.at(-1)!;

/** The npm package that holds a Node for this machine. */
export const nodePackage: string = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;

/** Exposes the garbage collector, so that the guarantees about memory are checked. */
const v8 = ["--expose-gc"];

export const runtimes: readonly Runtime[] = [
  ...nodeVersions.map((version) => processRuntime(`Node ${version.split(".")[0]!}`, "node", nodePackage, version, v8)),
  processRuntime("Deno", "deno", "deno", "2.9.6", [
    "run",
    "--allow-all",
    "--no-config",
    "--node-modules-dir=manual",
    "--v8-flags=--expose-gc",
  ]),
  processRuntime("Bun", "bun", "bun", "1.4.5", v8),
  workerdRuntime("1.20261117.1"),
  chromiumRuntime(process.env["CHROMIUM"] ?? "/usr/bin/chromium"),
];

/** Thrown when a runtime is not available. */
export class MissingRuntime extends Error {}

function processRuntime(
  name: string,
  binary: string,
  npmPackage: string,
  version: string,
  args: readonly string[],
): Runtime {
  return {
    name,
    version,
    async prepare() {
      const command = await install(binary, npmPackage, version);
      return async (project) => ({
        version,
        outcomes: [
          ...(await runOnProcess(command, args, project, syntaxOf(name))),
          ...(await runOwnFakeTimers(name, command, project)),
        ],
      });
    },
  };
}

/** Runs the programs with fake timers, including those of the runtime. */
async function runOwnFakeTimers(name: string, command: string, project: string): Promise<Outcome[]> {
  if (name === "Bun") return await runBunTest(command, project);
  return name.startsWith("Node") ? await runFakeTimers("node-test", command, [], project) : [];
}

function workerdRuntime(version: string): Runtime {
  return {
    name: "workerd",
    version,
    async prepare() {
      const command = await install("workerd", "workerd", version);
      return async (project) => ({ version, outcomes: await runOnWorkerd(command, project) });
    },
  };
}

/** The system's Chromium, because npm does not have browsers. */
function chromiumRuntime(executable: string): Runtime {
  return {
    name: "Chromium",
    version: "the system's",
    prepare() {
      if (existsSync(executable)) return Promise.resolve((project) => runOnChromium(executable, project));
      const missing = new MissingRuntime(`there is no ${executable}: install chromium, or name its path in CHROMIUM`);
      return Promise.reject(missing);
    },
  };
}

/** The runtimes that support `using` get it untransformed. */
function syntaxOf(name: string): Syntax {
  return ["Node 20", "Node 22"].includes(name) ? "es2022" : "esnext";
}

/** Runs the contract and the checks of ambient scopes and of processes on a runtime that is a process. */
export async function runOnProcess(
  command: string,
  args: readonly string[],
  project: string,
  target: Syntax,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const part of ["contract", "ambient"] satisfies Part[]) {
    const file = join(project, `${part}.${target}.mjs`);
    await bundleContract(file, { part, host: "process", target });
    outcomes.push(...parseOutcomes(await runWell(command, [...args, file], { cwd: project, timeLimit: 300_000 })));
  }
  const programs = join(project, "programs.mjs");
  await bundlePrograms(programs);
  outcomes.push(...(await runProcessChecks(command, [...args, programs], project)));
  return outcomes;
}

/** Installs a runtime with npm, unless it is already installed; returns the path of its binary. */
export async function install(binary: string, npmPackage: string, version: string): Promise<string> {
  const folder = join(app, "node_modules/.cache/runtimes", `${npmPackage}-${version}`);
  const command = join(folder, "node_modules/.bin", binary);
  if (existsSync(command)) return command;
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--fetch-retries=1"];
  try {
    await runWell("npm", [...args, `${npmPackage}@${version}`], {
      cwd: folder,
      env: process.env,
      timeLimit: 300_000,
    });
  } catch (error) {
    throw new MissingRuntime(`npm does not install ${npmPackage}@${version}: ${String(error)}`, { cause: error });
  }
  return command;
}
