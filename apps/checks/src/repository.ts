import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the repository, without a trailing slash. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** The part of a `package.json` that this app reads. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: false | readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Exports;
  readonly files?: readonly string[];
  readonly publishConfig?: {
    readonly access?: string;
    readonly bin?: Readonly<Record<string, string>>;
    readonly exports?: Exports;
  };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export type Exports = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** A package of the workspace. */
export interface Workspace {
  /** Relative to the root, such as `packages/scope`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The packages in `packages` or in `apps`, in alphabetical order. */
export function workspaces(parent: "packages" | "apps"): Workspace[] {
  return readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .sort()
    .map((folder) => ({ folder, manifest: readJson(`${folder}/package.json`) as Manifest }));
}

/** Reads a JSON file; the path is relative to the root. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
