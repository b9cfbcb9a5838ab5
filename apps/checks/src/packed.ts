/** The packages as users get them: as tarballs, installed into a project outside of this repository. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, workspaces } from "./repository.js";

/** Packs every published package as it would be published; returns the tarballs by package name. */
export function packAll(): Map<string, string> {
  const folder = temporaryFolder("tarballs");
  execute("pnpm", ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", folder], root, process.env);
  const files = readdirSync(folder);
  return new Map(
    workspaces("packages").map(({ manifest: { name, version } }) => {
      const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
      if (!files.includes(file)) throw new Error(`expected ${file} to be packed, got ${files.join(", ")}`);
      return [name, join(folder, file)];
    }),
  );
}

/** The libraries that packages have as peers, as npm would install them. */
const peers = ["@opentelemetry/api"];

/** An empty project with the tarballs installed by npm, without the network; returns its folder. */
export function installAll(tarballs: ReadonlyMap<string, string>): string {
  const folder = temporaryFolder("project");
  const dependencies = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  for (const peer of peers) dependencies[peer] = `file:${packLibrary(peer)}`;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  execute("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts"], folder, {
    // Without settings of this machine, of this repository or of the pnpm that runs the tests.
    ...bareEnvironment,
    HOME: temporaryFolder("home"),
  });
  return folder;
}

/** Packs a library from the `node_modules` of this app, because the network is not used. Returns the tarball. */
function packLibrary(name: string): string {
  const folder = temporaryFolder("library");
  cpSync(realpathSync(join(root, "apps/checks/node_modules", name)), join(folder, "package"), { recursive: true });
  execute("tar", ["-czf", "library.tgz", "package"], folder, bareEnvironment);
  return join(folder, "library.tgz");
}

/** The names of the files in a tarball, without the prefix `package/`. */
export function contents(tarball: string): string[] {
  const names = execute("tar", ["-tzf", tarball], root, bareEnvironment).trim().split("\n");
  return names.map((name) => name.replace(/^package\//, "")).sort();
}

/** Runs a module under plain Node in a project; returns its output. */
export function runModule(project: string, code: string): string {
  return execute(process.execPath, ["--input-type=module", "--eval", code], project, bareEnvironment);
}

export const bareEnvironment: NodeJS.ProcessEnv = { PATH: process.env["PATH"], NO_COLOR: "1" };

const temporaryFolders: string[] = [];

/** A new folder outside of the repository, so that nothing from it resolves by accident. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `selvage-${name}-`));
  temporaryFolders.push(folder);
  return folder;
}

/** Removes these folders. */
export function removeTemporaryFolders(): void {
  for (const folder of temporaryFolders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Runs a command to its end; throws an error with its whole output if it fails. */
export function execute(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed in ${cwd}\n${stdout}${stderr}`);
  return stdout;
}
