/**
 * How the package in the current folder is published: in few files, as each costs half a millisecond to import. Run by `pnpm pack`
 * and `pnpm publish`.
 *
 * Not in one file: bundlers leave out whole files that a program does not use, but not what a file does as it is loaded.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "rolldown";

/** What goes into files of its own, as there are programs that use one of these without the others. The rest has the package's name. */
const apart = {
  "@selvage/scope": {
    errors: [
      "aggregate",
      "brand",
      "arguments",
      "errors",
      "escape",
      "exception-group",
      "function-name",
      "own-data",
      "report-uncaught",
    ],
    cancellation: ["abort-shape", "cancelled-error", "error-context", "failed-task", "is-cancellation", "verdicts"],
    format: ["describe-error", "error-children", "format", "print-value"],
    clock: ["clock", "macrotask", "platform-clock"],
    "creation-site": ["creation-site", "symbols"], // it finds itself in stack traces
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
      "task-owner",
      "traced",
    ],
    describe: ["describe-tree", "live-scope", "snapshot", "stragglers"],
  },
  "@selvage/task-group": {
    failures: ["fail-fast", "failure-list", "outcome-of", "settling"],
    gather: ["functions", "gather"],
    settled: ["as-completed", "fifo", "gather-settled"],
    map: ["feed", "map", "source"],
    race: ["race"],
  },
};

const { name, exports } = JSON.parse(readFileSync("package.json", "utf8"));
const sources = Object.values(exports).flatMap((target) => target["@selvage/source"] ?? []);
const entries = Object.fromEntries(sources.map((source) => [basename(source, ".ts"), source]));

/** Which file a module goes into. An entry is one by itself. */
function fileOf(path) {
  const module = basename(path, ".ts");
  if (module in entries) return null;
  if (!(name in apart)) return null; // all in the entry
  const [file] = Object.entries(apart[name]).find(([, modules]) => modules.includes(module)) ?? [basename(name)];
  return file;
}

/** Leaves alone what is as it should be: another process may be reading it. */
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
