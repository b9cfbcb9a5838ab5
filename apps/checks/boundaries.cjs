// Who may import whom. `pnpm boundaries` runs it from the root.
const source = "^(packages|apps)/([^/]+)/";
// The modules of the platform that packages import: the first for ambient scopes only, the others for the runner only.
const asyncLocalStorage = "^async_hooks$";
const forTheRunner = "^(os|process|util)$";
const openTelemetry = "/@opentelemetry/api/";
const forTheReader = "^(crypto|fs|http|net|os|path|process|readline|stream|stream/consumers|util|worker_threads)$";
const forCommands = "^(buffer|child_process|fs|os|path|process|stream|string_decoder|timers|url)$";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "What a module of a cycle sees depends on which one is loaded first. Types may form cycles.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      comment: "An import that does not resolve is a missing dependency.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "primitives-depend-on-scope-only",
      comment: "A published package depends on @selvage/scope and on nothing else.",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/" },
      to: {
        pathNot: [
          "^packages/$1/src/",
          "^packages/scope/src/(index|lowlevel|internal|debug)\\.ts$",
          asyncLocalStorage,
          forTheRunner,
          forCommands,
          openTelemetry,
          forTheReader,
        ],
      },
    },
    {
      name: "scope-depends-on-nothing",
      severity: "error",
      from: { path: "^packages/scope/src/" },
      to: { pathNot: ["^packages/scope/src/", asyncLocalStorage] },
    },
    {
      name: "ambient-is-opt-in",
      comment: "Programs that do not import it pay nothing for it, and run on every runtime.",
      severity: "error",
      from: { path: "^packages/", pathNot: ["^packages/scope/src/ambient\\.ts$", "/test/"] },
      to: { path: ["^packages/scope/src/ambient\\.ts$", asyncLocalStorage] },
    },
    {
      name: "only-the-runner-and-commands-need-a-process",
      severity: "error",
      from: { path: "^packages/", pathNot: ["^packages/(runner|subprocess|trace)/src/", "/test/"] },
      to: { path: [forTheRunner, forCommands, forTheReader] },
    },
    {
      name: "the-main-entry-of-trace-runs-everywhere",
      comment: "Only its command and `register` need a process.",
      severity: "error",
      from: {
        path: "^packages/trace/src/([^/]+\\.ts|(events|output)/)",
        pathNot: "^packages/trace/src/(register|cli)\\.ts$",
      },
      to: { path: [forTheRunner, forCommands, forTheReader, "^packages/trace/src/(register|command|cli)"] },
    },
    {
      name: "only-the-adapter-imports-opentelemetry",
      comment: "It is a peer of @selvage/otel.",
      severity: "error",
      from: { path: "^packages/", pathNot: ["^packages/otel/src/", "/test/"] },
      to: { path: openTelemetry },
    },
    {
      name: "no-relative-escapes",
      comment: "Another package is imported by its name, so that only its exports can be used.",
      severity: "error",
      from: { path: source },
      to: { path: "^(packages|apps)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] },
    },
    {
      name: "sources-do-not-import-tests",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/" },
      to: { path: "/test/|^vitest\\." },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules|/(dist|bundle)/" },
    exclude: { path: "/(dist|bundle)/|/node_modules/\\.cache/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["@selvage/source", "import", "types"] },
  },
};
