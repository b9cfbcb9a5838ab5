/**
 * Bundles the package in the current folder for publishing, into few files, because each file costs half a
 * millisecond to import. `pnpm pack` and `pnpm publish` run it.
 *
 * It does not make one file: bundlers of users omit whole files that a program does not use, but not code that runs
 * at load time.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "rolldown";
import { minify } from "terser";

/** Modules in separate files, because some programs use one of these without the others. The rest is in the file of the package's name. */
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
    cancellation: [
      "abort-shape",
      "cancelled-error",
      "error-context",
      "failed-task",
      "is-cancellation",
      "classifier-memory",
    ],
    format: ["describe-error", "error-children", "format", "print-value"],
    clock: ["clock", "macrotask", "platform-clock"],

    tasks: [
      "caller-context",
      "done-callback",
      "end-listener",
      "idle",
      "start-queue",
      "start-task",
      "task",
      "task-policy",
      "task-record",
      "task-owner",
      "traced",
    ],
    "creation-site": ["creation-site"], // it looks for its own file in stack traces
    "timeout-error": ["timeout-error"],
    turn: ["turn"],
    "shared-limit": ["shared-limit"],
    holdings: ["holdings"],
    backoff: ["backoff"],
    "time-shift": ["time-shift"],
    failures: ["fail-fast", "failure-list"],
    feed: ["feed", "release-source", "source"],
    fifo: ["fifo"],
    "lagged-error": ["lagged-error"],
    "scope-end": ["scope-end"],
    observe: ["observe"],
    describe: ["describe-tree", "live-scope", "scope-facts", "snapshot", "stragglers"],
  },
  "@selvage/semaphore": {
    "rate-limiter": ["rate-limiter", "token-request"],
    keyed: ["keyed"],
  },
  "@selvage/retry": {
    "circuit-open-error": ["circuit-open-error"],
    breaker: ["breaker", "failure-rate"],
    hedge: ["hedge", "hedge-budget"],
    every: ["every"],
    "retry-after": ["retry-after"],
  },
  "@selvage/task-group": {
    gather: ["functions", "gather"],
    settled: ["as-completed", "gather-settled", "outcome-of", "settling"],
    map: ["map"],
    race: ["race"],
  },
  "@selvage/channel": {
    broadcast: ["broadcast", "subscription"],
    produce: ["produce"],
    select: ["cases", "select"],
    sender: ["handles", "sender"], // a channel has them, and `produce` has a channel
    watch: ["watch"],
  },
  "@selvage/trace": {
    // The main entry must not import what only its command and `register` need.
    "live-tree": ["endpoint", "live-roots", "report", "socket-path"],
    command: [
      "command-error",
      "command-line",
      "find-inspector",
      "inspector-session",
      "print-report",
      "read-inspector",
      "read-socket",
      "run-command",
      "terminal",
      "web-socket",
      "with-inspector",
    ],
    "trace-file": [
      "counters",
      "output",
      "scope-track",
      "time-axis",
      "trace-sink",
      "trace-to",
      "trace-writer",
      "tree-tracer",
    ],
    "user-timing": ["user-timing"],
    publish: ["messages", "publish"],
  },
  "@selvage/stream": {
    batch: ["batch"],
    "from-events": ["from-events"],
    "map-stream": ["map-stream"],
    merge: ["merge"],
    operator: ["countdown", "operator", "pump"],
    output: ["output"],
    rate: ["rate"],
    "switch-map": ["switch-map"],
    "to-readable-stream": ["to-readable-stream"],
  },
};

const { name, exports, peerDependencies = {}, publishConfig } = JSON.parse(readFileSync("package.json", "utf8"));
const sources = Object.values(exports).flatMap((target) => target["@selvage/source"] ?? []);
for (const file of Object.values(publishConfig?.bin ?? {})) {
  sources.push(file.replace(/^\.\/bundle\/(.*)\.js$/, "./src/$1.ts")); // a command is an entry, too
}
const entries = Object.fromEntries(sources.map((source) => [basename(source, ".ts"), source]));

/** The file of a module. An entry is its own file. */
function fileOf(path) {
  const module = basename(path, ".ts");
  if (module in entries) return null;
  if (!(name in apart)) return null; // all in the entry
  const [file] = Object.entries(apart[name]).find(([, modules]) => modules.includes(module)) ?? [basename(name)];
  return file;
}

/**
 * The short form of each internal name, the same in all packages: a package may use such a name of the core. `_clock` keeps its name, because one copy
 * of the core reads it of a scope of another copy (S8).
 */
function internalNames() {
  const packages = join(import.meta.dirname, "packages");
  const sources = readdirSync(packages, { recursive: true }).filter((path) =>
    /^[^/\\]+[/\\]src[/\\].*\.ts$/.test(path),
  );
  const found = sources.flatMap((path) => readFileSync(join(packages, path), "utf8").match(/\b_[a-z]\w*/g) ?? []);
  const names = [...new Set(found)].filter((name) => name !== "_clock").sort();
  // No property of the sources has such a name. A lower-case letter can be one, such as `n`.
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const short = [...letters, ...[..."0123456789"].flatMap((digit) => letters.map((letter) => letter + digit))];
  if (names.length > short.length) throw new Error("There are more internal names than short names.");
  return Object.fromEntries(names.map((name, index) => [`$${name}`, short[index]]));
}

const nameCache = { props: { props: internalNames() } };

/**
 * Minifies a file. Names that begin with `_` are internal and are mangled, and so are local variables. Names of classes and functions, and
 * messages, are kept. The source maps point to the TypeScript sources, which are published, too. `_clock` is kept because one copy of the
 * core reads it from a scope of another copy (S8).
 */
const minified = {
  name: "minified",
  async renderChunk(code) {
    const { code: small, map } = await minify(code, {
      module: true,
      ecma: 2022,
      // Nothing is inlined, and functions keep their names: stack traces stay readable without source maps, too. No statements are joined: TypeScript
      // sets private fields too early if `super()` is part of a longer statement.
      compress: { passes: 3, inline: 0, reduce_funcs: false, sequences: false },
      mangle: { keep_classnames: true, keep_fnames: true, properties: { regex: /^_[a-z]/, reserved: ["_clock"] } },
      format: { comments: false, max_line_len: 500 },
      sourceMap: true,
      nameCache,
    });
    return { code: small, map: JSON.parse(map) };
  },
};

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
  external: [/^node:/, /^@selvage\//, ...Object.keys(peerDependencies)],
  resolve: { extensionAlias: { ".js": [".ts"] } },
  tsconfig: false,
  transform: { target: "es2022" },
  treeshake: false,
  preserveEntrySignatures: "allow-extension",
  logLevel: "warn",
  plugins: [minified, onlyWhatChanged],
  output: {
    dir: "bundle",
    sourcemap: true,
    chunkFileNames: "[name].js",
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: fileOf, debugName: "files" }] },
  },
});
