/** The packages as users get them: packed, and installed into a project outside of this repository. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareEnvironment, runWell } from "./command.js";
import { app, packages, root } from "./workspace.js";

/** A folder outside of the repository, so that nothing from it resolves by accident. It is removed when it is disposed of. */
export class Project implements Disposable {
  readonly folder: string = mkdtempSync(join(realpathSync(tmpdir()), "selvage-conformance-"));

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The libraries that packages have as peers. They come from the `node_modules` of this app. */
const peers = ["@opentelemetry/api"];

/** Packs every published package, and installs all of them into a new project, without the network. */
export async function installPacked(): Promise<Project> {
  const project = new Project();
  const tarballs = join(project.folder, "tarballs");
  mkdirSync(tarballs);
  const pack = ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", tarballs];
  await runWell("pnpm", pack, { cwd: root, env: process.env, timeLimit: 120_000 });
  const files = readdirSync(tarballs);
  const dependencies = Object.fromEntries(
    packages.map((name) => {
      const file = files.find((tarball) => new RegExp(`^selvage-${name}-\\d`).test(tarball));
      if (file === undefined) throw new Error(`expected @selvage/${name} to be packed, got ${files.join(", ")}`);
      return [`@selvage/${name}`, `file:tarballs/${file}`];
    }),
  );
  for (const peer of peers) {
    const folder = join(tarballs, peer.replace("/", "-"));
    cpSync(realpathSync(join(app, "node_modules", peer)), join(folder, "package"), { recursive: true });
    await runWell("tar", ["-czf", "library.tgz", "package"], { cwd: folder, env: bareEnvironment, timeLimit: 120_000 });
    dependencies[peer] = `file:${join(folder, "library.tgz")}`;
  }
  writeFileSync(join(project.folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  await runWell("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: project.folder,
    // Without settings of this machine, of this repository, or of the pnpm that runs the command.
    env: { ...bareEnvironment, HOME: join(project.folder, "home") },
    timeLimit: 120_000,
  });
  return project;
}
