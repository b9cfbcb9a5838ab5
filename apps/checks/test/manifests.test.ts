import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readJson, root, workspaces, type Exports } from "../src/repository.js";

const published = workspaces("packages");
const apps = workspaces("apps");

/** The peers of the packages that adapt another library. */
const peers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "packages/otel": { "@opentelemetry/api": "^1.9.0" },
};

describe.each(published)("the manifest of $folder", ({ folder, manifest }) => {
  it("has the name of its folder and a description", () => {
    expect(manifest.name).toBe(folder.replace("packages/", "@selvage/"));
    expect(manifest.description).toMatch(/^[A-Z].{20,}[^.]$/);
    expect(manifest.license).toBe("MIT");
    expect(manifest.private).toBeUndefined();
    expect(manifest.publishConfig?.access).toBe("public");
  });

  it("depends only on @selvage/scope, and an adapter also on its library, as a peer (D1)", () => {
    const expected = folder === "packages/scope" ? {} : { "@selvage/scope": "workspace:*" };
    expect(manifest.dependencies ?? {}).toEqual(expected);
    expect(manifest.peerDependencies).toEqual(peers[folder]);
    expect(manifest).not.toHaveProperty("optionalDependencies");
  });

  it("is ESM without side effects, for Node 20.19 and newer (D3, D4)", () => {
    // An import for its side effect must survive bundling.
    const modules = { "packages/scope": ["ambient"], "packages/trace": ["cli", "register"] }[folder];
    const inFolders = ["bundle/*.js", "dist/*.js", "src/*.ts"].flatMap((pattern) =>
      modules?.map((name) => `./${pattern.replace("*", name)}`),
    );
    const sideEffects = modules === undefined ? false : inFolders;
    expect(manifest).toMatchObject({ type: "module", sideEffects, engines: { node: ">=20.19" } });
  });

  it("exports sources and compiled files to this repository, and bundled files to users", () => {
    const { "./package.json": self, ...entries } = manifest.exports ?? {};
    expect(self).toBe("./package.json");
    expect(Object.keys(entries)).toContain(".");
    for (const [entry, conditions] of Object.entries(entries)) {
      const name = entry === "." ? "index" : entry.slice("./".length);
      expect(conditions).toEqual({
        "@selvage/source": `./src/${name}.ts`,
        types: `./dist/${name}.d.ts`,
        "@selvage/published": `./bundle/${name}.js`,
        default: `./dist/${name}.js`,
      });
      // Conditions are tried in order.
      expect(Object.keys(conditions)).toEqual(["@selvage/source", "types", "@selvage/published", "default"]);
      expect(existsSync(join(root, folder, `src/${name}.ts`))).toBe(true);
    }
    expect(manifest.publishConfig?.exports).toEqual(asPublished(manifest.exports ?? {}));
    expect(manifest.files).toEqual(["bundle", "dist/**/*.d.ts", "dist/**/*.d.ts.map", "src"]);
    expect(manifest.scripts?.["prepack"]).toBe("rolldown --config ../../rolldown.config.js");
  });

  it("has a README that begins with its name", () => {
    expect(readFileSync(join(root, folder, "README.md"), "utf8")).toMatch(new RegExp(`^# ${manifest.name}\n`));
  });

  it("does not name a place where the project is hosted", () => {
    expect(manifest).not.toHaveProperty("repository");
    expect(manifest).not.toHaveProperty("bugs");
    expect(manifest).not.toHaveProperty("homepage");
  });
});

describe("the manifests", () => {
  it("share one version (D2)", () => {
    expect(new Set(published.map(({ manifest }) => manifest.version)).size).toBe(1);
    expect(readJson(".changeset/config.json")).toMatchObject({ fixed: [["@selvage/*"]] });
  });

  it("keep the apps private", () => {
    expect(apps.filter(({ manifest }) => manifest.private !== true)).toEqual([]);
  });

  it("have every dependency pinned to an exact version or to this workspace", () => {
    const pinned = /^(workspace:[*^]|(npm:(@[^@/]+\/)?[^@/]+@)?\d+\.\d+\.\d+)$/;
    const folders = ["", ...[...published, ...apps].map(({ folder }) => `${folder}/`)];
    const loose = folders.flatMap((folder) => {
      const { dependencies, devDependencies } = readJson(`${folder}package.json`) as Record<
        string,
        Record<string, string> | undefined
      >;
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([, version]) => !pinned.test(version))
        .map(([name, version]) => `${folder}package.json: ${name}@${version}`);
    });
    expect(loose).toEqual([]);
  });

  it("are each built, and their tests type-checked, by `tsc -b`", () => {
    const built = references("tsconfig.build.json");
    const checked = [...built, ...references("tsconfig.json")];
    expect(published.map(({ folder }) => folder).filter((folder) => !built.includes(folder))).toEqual([]);
    expect([...published, ...apps].map(({ folder }) => folder).filter((folder) => !checked.includes(folder))).toEqual(
      [],
    );
    const isTestChecked = (folder: string): boolean =>
      !existsSync(`${root}/${folder}/test`) ||
      checked.includes(`${folder}/test`) ||
      included(folder).includes("test/**/*.ts");
    expect([...published, ...apps].map(({ folder }) => folder).filter((folder) => !isTestChecked(folder))).toEqual([]);
  });

  it("are locked without the address of a registry", () => {
    expect(readFileSync(join(root, "pnpm-lock.yaml"), "utf8")).not.toMatch(/https?:\/\//);
  });
});

function asPublished(exports: Exports): Exports {
  const published: Record<string, Exports[string]> = {};
  for (const [entry, target] of Object.entries(exports)) {
    published[entry] =
      typeof target === "string" ? target : { types: target["types"]!, default: target["@selvage/published"]! };
  }
  return published;
}

function references(tsconfig: string): string[] {
  const { references } = readJson(tsconfig) as { references: { path: string }[] };
  return references.map(({ path }) => path);
}

/** The patterns that a folder's own `tsconfig.json` includes. */
function included(folder: string): readonly string[] {
  return (readJson(`${folder}/tsconfig.json`) as { include?: readonly string[] }).include ?? [];
}
