/** Go's errgroup: a program that is compiled into a temporary folder. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Foreigner, Ready } from "../contestant.js";

const go = process.env["GO"] ?? "go";
const source = fileURLToPath(new URL("../../elsewhere/errgroup", import.meta.url));

export const errgroup: Foreigner = {
  title: "errgroup (Go)",
  kind: "elsewhere",
  programs: [
    "startAndJoin",
    "cancelWide",
    "cancelDeep",
    "limitInTurn",
    "limitTogether",
    "moveDeadline",
    "hold",
    "limited",
  ],
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), "errgroup-"));
    const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      await cp(source, folder, { recursive: true });
      return { ...(await build(folder)), dispose };
    } catch {
      await dispose(); // Go is not installed
      return undefined;
    }
  },
};

/** Compiles against `golang.org/x/sync` where Go has it on this machine, and otherwise against the copy of what errgroup does. */
async function build(folder: string): Promise<Ready> {
  const command = join(folder, "contestant");
  const module = await moduleOnThisMachine(folder);
  try {
    if (module === undefined) throw new Error("the module is not there");
    await writeFile(join(folder, "go.mod"), `module contestant\n\ngo 1.19\n\nrequire golang.org/x/sync ${module}\n`);
    await compile(folder, ["-mod=mod", "-tags=errgroup"]);
    return { version: `${await versionOf()} with errgroup of golang.org/x/sync ${module}`, command, args: [] };
  } catch {
    await writeFile(join(folder, "go.mod"), "module contestant\n\ngo 1.19\n");
    await compile(folder, []);
    const instead = "with sync.WaitGroup and context as errgroup has them, because golang.org/x/sync is not there";
    return { version: `${await versionOf()} ${instead}`, command, args: [] };
  }
}

async function moduleOnThisMachine(folder: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(go, ["env", "GOMODCACHE"], { cwd: folder });
  try {
    const files = await readdir(join(stdout.trim(), "cache/download/golang.org/x/sync/@v"));
    const versions = files.filter((file) => file.endsWith(".zip")).map((file) => file.replace(/\.zip$/, ""));
    return versions.sort((one, other) => one.localeCompare(other, "en", { numeric: true })).at(-1);
  } catch {
    return undefined;
  }
}

async function compile(folder: string, flags: readonly string[]): Promise<void> {
  const env = { ...process.env, GOPROXY: "off", GOSUMDB: "off", GOTOOLCHAIN: "local", GOFLAGS: "" };
  await promisify(execFile)(go, ["build", ...flags, "-o", "contestant", "."], { cwd: folder, env });
}

async function versionOf(): Promise<string> {
  const { stdout } = await promisify(execFile)(go, ["env", "GOVERSION"]);
  return stdout.trim().replace(/^go/, "Go ");
}
