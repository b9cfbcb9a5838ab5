const source = "^(packages|apps)/([^/]+)/";
// The platform's modules that packages may import: the first only for ambient scopes, the others only for the runner.
const asyncLocalStorage = "^async_hooks$";
const forTheRunner = "^(os|process|util)$";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "The result of an import cycle depends on which module is loaded first. Cycles of types are allowed.",
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
      comment: "A published package depends only on @selvage/scope.",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/" },
      to: {
        pathNot: [
          "^packages/$1/src/",
          "^packages/scope/src/(index|lowlevel|debug)\\.ts$",
          asyncLocalStorage,
          forTheRunner,
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
      comment: "Code that does not import ambient scopes pays nothing for them, and runs on every runtime.",
      severity: "error",
      from: { path: "^packages/", pathNot: ["^packages/scope/src/ambient\\.ts$", "/test/"] },
      to: { path: ["^packages/scope/src/ambient\\.ts$", asyncLocalStorage] },
    },
    {
      name: "only-the-runner-needs-a-process",
      severity: "error",
      from: { path: "^packages/", pathNot: ["^packages/runner/src/", "/test/"] },
      to: { path: forTheRunner },
    },
    {
      name: "no-relative-escapes",
      comment: "Another package is imported by its name, so that only its exports are used.",
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
