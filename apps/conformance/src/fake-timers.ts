/** Runs the programs with the fake timers of several test runners. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundleHost, bundlePackages, type FakeTimersHost } from "./bundle.js";
import { bareEnvironment, runWell } from "./command.js";
import { type Outcome, parseOutcomes } from "./outcomes.js";
import { Project } from "./packed.js";

const timeLimit = 60_000;

/** Runs the programs on a runtime, which prints the outcomes. */
export async function runFakeTimers(
  host: Extract<FakeTimersHost, "node-test" | "sinon" | "zone">,
  command: string,
  args: readonly string[],
  project: string,
): Promise<Outcome[]> {
  const file = join(project, `${host}.mjs`);
  await bundleHost(host, file);
  return parseOutcomes(await runWell(command, [...args, file], { cwd: project, timeLimit }));
}

/** Runs the programs with `bun test`. */
export async function runBunTest(command: string, project: string): Promise<Outcome[]> {
  const file = join(project, "bun.test.mjs");
  await bundleHost("bun-test", file);
  return outcomesOf(command, ["test", file], project);
}

/** Runs the programs with Jest on the installed Node, outside of any `node_modules`, whose files Jest does not treat as tests. */
export async function runJest(project: string): Promise<Outcome[]> {
  using empty = new Project();
  const rootDir = empty.folder;
  const unbundled = join(project, "jest.mjs");
  await bundleHost("jest", unbundled);
  await bundlePackages(unbundled, join(rootDir, "jest.test.mjs"));
  const config = { rootDir, testMatch: ["**/*.test.mjs"], moduleFileExtensions: ["mjs", "js"], transform: {} };
  const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
  const args = ["--experimental-vm-modules", jest, "--runInBand", "--no-cache", "--config", JSON.stringify(config)];
  return await outcomesOf(process.execPath, args, rootDir);
}

async function outcomesOf(command: string, args: readonly string[], project: string): Promise<Outcome[]> {
  const OUTCOMES = join(project, "fake-timers.json");
  await runWell(command, args, { cwd: project, env: { ...bareEnvironment, OUTCOMES }, timeLimit });
  return parseOutcomes(readFileSync(OUTCOMES, "utf8"));
}
