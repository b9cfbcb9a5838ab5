/**
 * Bundles the package in the current folder for publishing, into few files, because each file costs half a
 * millisecond to import. `pnpm pack` and `pnpm publish` run it.
 *
 * It does not make one file: bundlers of users omit whole files that a program does not use, but not code that runs
 * at load time.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "rolldown";

/** Modules in separate files, because some programs use one of these without the others. The rest is in the file of the package's name. */
const apart = {
  "@selvage/scope": {
    errors: ["aggregate", "brand", "errors", "escape", "exception-group", "function-name", "own-data"],
    cancellation: ["abort-shape", "cancelled-error", "error-context", "failed-task", "is-cancellation", "verdicts"],
    format: ["describe-error", "error-children", "format", "print-value"],
    clock: ["clock", "macrotask", "platform-clock"],
    "creation-site": ["creation-site", "symbols"], // it looks for its own file in stack traces
    tasks: [
      "caller-context",
      "done-callback",
      "end-listener",
      "idle",
      "shared-limit",
      "start-queue",
      "start-task",
      "task",
      "task-policy",
      "task-record",
      "task-set",
      "traced",
    ],
    describe: ["describe-tree", "live-scope", "snapshot", "stragglers"],
  },
  "@selvage/task-group": {
    failures: ["failure-list", "failures", "outcome-of", "run-group", "settling"],
    gather: ["functions", "gather"],
    settled: ["as-completed", "fifo", "gather-settled"],
    map: ["feed", "map", "source"],
    race: ["race"],
  },
};

const { name, exports } = JSON.parse(readFileSync("package.json", "utf8"));
const sources = Object.values(exports).flatMap((target) => target["@selvage/source"] ?? []);
const entries = Object.fromEntries(sources.map((source) => [basename(source, ".ts"), source]));

/** The file of a module. An entry is its own file. */
function fileOf(path) {
  const module = basename(path, ".ts");
  if (module in entries) return null;
  if (!(name in apart)) return null; // all in the entry
  const [file] = Object.entries(apart[name]).find(([, modules]) => modules.includes(module)) ?? [basename(name)];
  return file;
}

/** Does not rewrite unchanged files, because another process may be reading them. */
const onlyWhatChanged = {
  name: "only-what-changed",
  generateBundle({ dir }, files) {
    for (const file of Object.values(files)) {
      const path = join(dir, file.fileName);
      if (existsSync(path) && readFileSync(path, "utf8") === (file.code ?? file.source)) delete files[file.fileName];
    }
  },
};

export default defineConfig({
  input: entries,
  external: [/^node:/, /^@selvage\//],
  resolve: { extensionAlias: { ".js": [".ts"] } },
  tsconfig: false,
  transform: { target: "es2022" },
  treeshake: false,
  preserveEntrySignatures: "allow-extension",
  logLevel: "warn",
  plugins: [onlyWhatChanged],
  output: {
    dir: "bundle",
    sourcemap: true,
    chunkFileNames: "[name].js",
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: fileOf, debugName: "files" }] },
  },
});
