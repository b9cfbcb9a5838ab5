import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build as bundle } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bareEnvironment,
  contents,
  execute,
  installAll,
  packAll,
  removeTemporaryFolders,
  runModule,
} from "../src/packed.js";
import { root, workspaces, type Manifest } from "../src/repository.js";

const packages = workspaces("packages");
const compilers = { "TypeScript 7": "typescript-7/bin/tsc", "TypeScript 6": "typescript/bin/tsc6" };
const resolutions = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

afterAll(removeTemporaryFolders);

describe("the packed packages", { timeout: 60_000 }, () => {
  let tarballs: Map<string, string>;
  let project: string;

  beforeAll(() => {
    tarballs = packAll();
    project = installAll(tarballs);
    for (const file of ["callbacks.ts", "using.ts"]) {
      copyFileSync(join(root, "apps/checks/test/consumer", file), join(project, file));
    }
  }, 60_000);

  describe.each(packages)("$manifest.name", ({ manifest: { name, exports, publishConfig } }) => {
    const entries = Object.keys(exports ?? {}).filter((entry) => entry !== "./package.json");

    it("contain only the bundled files, their types and sources, a README and the licence", () => {
      const files = contents(tarballs.get(name)!);
      const expected = ["LICENSE", "README.md", "package.json", "bundle/index.js", "dist/index.d.ts"];
      expect(files).toEqual(expect.arrayContaining(expected));
      const known =
        /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|src\/.*\.ts|(bundle\/.*\.js|dist\/.*\.d\.ts)(\.map)?)$/;
      expect(files.filter((file) => !known.test(file))).toEqual([]);
    });

    it("contain no file that was built from a deleted source (if one is named here, run `pnpm clean`)", () => {
      const files = contents(tarballs.get(name)!);
      const orphans = files.filter((file) => {
        const source = file.replace(/^dist\//, "src/").replace(/\.d\.ts(\.map)?$/, ".ts");
        return file.startsWith("dist/") && !files.includes(source);
      });
      expect(orphans).toEqual([]);
      const bundle = join(project, "node_modules", name, "bundle");
      const used = new Set(
        Object.values((exports ?? {}) as Record<string, Record<string, string>>).flatMap(
          (target) => target["@selvage/published"]?.replace("./bundle/", "") ?? [],
        ),
      );
      for (const file of Object.values(publishConfig?.bin ?? {})) used.add(file.replace("./bundle/", ""));
      for (const file of used) for (const imported of importsOf(join(bundle, file))) used.add(imported);
      const bundled = files.filter((file) => /^bundle\/.*\.js$/.test(file));
      expect(bundled).toEqual([...used].map((file) => `bundle/${file}`).sort());
    });

    it("have no import cycles between files, of which bundlers warn", () => {
      const bundle = join(project, "node_modules", name, "bundle");
      const bundled = contents(tarballs.get(name)!).filter((file) => /^bundle\/.*\.js$/.test(file));
      const left = new Map(bundled.map((file) => [basename(file), importsOf(join(bundle, basename(file)))]));
      for (const [file, imports] of left) {
        if (imports.some((imported) => left.has(imported))) continue;
        left.delete(file);
        for (const [other, needed] of [...left].filter(([, needed]) => needed.includes(file))) {
          left.delete(other); // and is visited again, after the others
          left.set(other, needed);
        }
      }
      expect([...left.keys()]).toEqual([]);
    });

    it("map the bundled files to the sources that they contain", () => {
      const files = contents(tarballs.get(name)!);
      for (const file of files.filter((name) => /^bundle\/.*\.map$/.test(name))) {
        const { sources } = JSON.parse(readFileSync(join(project, "node_modules", name, file), "utf8")) as {
          sources: string[];
        };
        expect(sources.length).toBeGreaterThan(0);
        expect(files).toEqual(expect.arrayContaining(sources.map((source) => source.replace(/^\.\.\//, ""))));
      }
    });

    it("do not send their users to the sources", () => {
      const manifest = readFileSync(join(project, "node_modules", name, "package.json"), "utf8");
      expect(manifest).not.toContain("@selvage/source");
      expect(manifest).not.toContain("workspace:");
      expect((JSON.parse(manifest) as Manifest).exports).toHaveProperty(["."]);
    });

    it.each(entries)("can be imported alone under plain Node: %s", (entry) => {
      const specifier = name + entry.slice(".".length);
      const names = JSON.parse(
        runModule(project, `console.log(JSON.stringify(Object.keys(await import("${specifier}"))))`),
      ) as string[];
      expect(names.length).toBeGreaterThan(0);
    });

    it("can be required from CommonJS", () => {
      const code = `import { createRequire } from "node:module";
        console.log(typeof createRequire(process.cwd() + "/")("${name}"));`;
      expect(runModule(project, code)).toBe("object\n");
    });

    it("pass publint in strict mode", async () => {
      const file = readFileSync(tarballs.get(name)!);
      const tarball = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
      const { messages, pkg } = await publint({ strict: true, pack: { tarball } });
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    });

    it("have types where the compilers of users look for them", () => {
      const attw = join(root, "apps/checks/node_modules/.bin/attw");
      const report = execute(attw, [tarballs.get(name)!, "--profile", "esm-only"], project, {
        ...bareEnvironment,
        HOME: project,
      });
      expect(report).toContain("🟢");
    });
  });

  describe.each(Object.entries(compilers))("for %s", (_, compiler) => {
    describe.each(Object.entries(resolutions))("with %s resolution", (resolution, options) => {
      it.each([
        { lib: ["es2022", "dom"], files: ["callbacks.ts"] },
        { lib: ["es2022", "dom", "esnext.disposable"], files: ["callbacks.ts", "using.ts"] },
      ])("type-check a consumer whose lib is $lib (D3)", ({ lib, files }) => {
        const config = join(project, `tsconfig.${resolution}.json`);
        const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [], noEmit: true };
        writeFileSync(
          config,
          JSON.stringify({ compilerOptions: { target: "es2022", ...strict, ...options, lib }, files }),
        );
        const tsc = join(root, "node_modules", compiler);
        expect(execute(process.execPath, [tsc, "--project", config], project, bareEnvironment)).toBe("");
      });
    });
  });

  it("bring the command selvage-trace, which npx finds by the name of its package (N7)", () => {
    const environment = { ...bareEnvironment, HOME: project };
    for (const args of [["selvage-trace"], ["@selvage/trace"]]) {
      const usage = execute("npx", ["--offline", "--no-install", ...args, "--help"], project, environment);
      expect(usage).toContain("selvage-trace ps PID");
    }
  });

  it("report the creation site of a scope as the user's file, not as one of their own (C3)", () => {
    const code = `
      import { describeTree, recordCreationSites } from "@selvage/scope/debug";
      import { TaskGroup } from "@selvage/task-group";
      recordCreationSites();
      await TaskGroup.run(function userCode(group) {
        group.createTask(() => {});
        console.log(describeTree(group.scope));
      });`;
    const lines = runModule(project, code).trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/created at (file|\[eval)/);
    expect(lines[1]).toMatch(/created at userCode \((file|\[eval)/);
    expect(lines.join()).not.toContain("@selvage");
  });

  it("work when bundled, minified and down-levelled by esbuild (D3)", async () => {
    const code = `
      import { CancelScope, CancelledError, isCancellation } from "@selvage/scope";
      const scope = new CancelScope();
      scope.cancel("why");
      const { name, cause } = scope.reason;
      console.log(name, cause, isCancellation(scope.reason), scope.reason instanceof CancelledError);`;
    const { outputFiles } = await bundle({
      stdin: { contents: code, resolveDir: project },
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2020",
      write: false,
    });
    expect(runModule(project, outputFiles[0]!.text)).toBe("AbortError why true true\n");
  });
});

/** The names of the files beside it that a bundled file imports. */
function importsOf(path: string): string[] {
  return Array.from(
    readFileSync(path, "utf8").matchAll(/^(?:import|export) .*"\.\/(.+)";$/gm),
    ([, imported]) => imported!,
  );
}
