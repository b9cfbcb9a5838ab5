import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { bundleContract, bundlePackages, bundleWorker, type Part } from "./bundle.js";
import { bareEnvironment } from "./command.js";
import { type Outcome, parseOutcomes } from "./outcomes.js";
import { type Ask, runTenTimesAtOnce, runWorkerChecks } from "./worker-checks.js";

/** The configuration of a Worker that runs the contract on request, on a port that the system chooses. */
const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .contract) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ],
  v8Flags = [ "--expose-gc" ],
);
const contract :Workerd.Worker = (
  modules = [ (name = "worker.mjs", esModule = embed "worker.mjs") ],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = [ COMPATIBILITY_FLAGS ],
);
`;

/** Runs the contract as a Worker. Ambient scopes need a flag; the rest runs without it. */
export async function runOnWorkerd(command: string, project: string): Promise<Outcome[]> {
  const contract = await bundlePart("contract", project);
  const ambient = await bundlePart("ambient", project);
  const requests = join(project, "requests.worker.mjs");
  await bundleWorker(requests);
  return [
    ...(await serve(command, project, contract, "", async (ask) => parseOutcomes((await ask("/")).text))),
    ...(await serve(command, project, ambient, '"nodejs_als"', async (ask) => parseOutcomes((await ask("/")).text))),
    await serve(command, project, contract, "", runTenTimesAtOnce),
    ...(await serve(command, project, requests, '"nodejs_als"', runWorkerChecks)),
  ];
}

async function bundlePart(part: Part, project: string): Promise<string> {
  const file = join(project, `${part}.worker.mjs`);
  await bundleContract(file, { part, host: "worker", target: "esnext" });
  return file;
}

/** Starts a Worker of one module, and ends it after its use. */
async function serve<T>(
  command: string,
  project: string,
  module: string,
  flags: string,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  await bundlePackages(module, join(project, "worker.mjs"));
  const file = join(project, "worker.capnp");
  writeFileSync(file, config.replace("COMPATIBILITY_FLAGS", flags));
  // It reports its port on the fourth descriptor.
  const child = spawn(command, ["serve", "--experimental", "--control-fd=3", file], {
    env: bareEnvironment,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  try {
    const port = await portOf(child);
    return await use(async (path) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(300_000) });
      return { status: response.status, text: await response.text() };
    });
  } catch (error) {
    throw new Error(`workerd failed: ${String(error)}\n${complaints}`, { cause: error });
  } finally {
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await ended;
    }
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let told = "";
    (child.stdio[3] as Readable).setEncoding("utf8").on("data", (text: string) => {
      told += text;
      const port = /"port":(\d+)/.exec(told)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`expected it to listen, but it ended with ${String(code)}`)));
  });
}
