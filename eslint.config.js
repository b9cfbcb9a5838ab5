import { builtinModules } from "node:module";
import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import typescript from "typescript-eslint";

const timers = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "requestAnimationFrame",
  "requestIdleCallback",
  "MessageChannel",
];
const onlyTheClock =
  "Only packages/scope/src/time/platform-clock.ts and macrotask.ts touch timers: take the time from a scope's clock.";
const onlyTheCore =
  "It leaks on long-lived promises and signals, and costs many times a tree node: use the scope tree.";

const globalObjects = ["globalThis", "window", "self"];
const leaking = [
  { object: "Promise", property: "race", message: onlyTheCore },
  { object: "AbortSignal", property: "any", message: onlyTheCore },
];

export default defineConfig(
  globalIgnores([
    "**/dist/",
    "**/bundle/",
    "**/.vitepress/cache/",
    "**/*.timestamp-*.mjs",
    "**/reports/",
    "**/coverage/",
    "**/.turbo/",
    "packages/scope/src/async-hooks.d.ts", // in no program with the types of Node
  ]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/class-literal-property-style": "off", // a getter is not enumerable, a field is
      "@typescript-eslint/consistent-type-definitions": "off", // `type` for unions and functions, `interface` for objects; not enforced
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      "@typescript-eslint/no-empty-function": "off", // an empty function is intentional
      "@typescript-eslint/no-inferrable-types": "off", // `isolatedDeclarations` requires most of them
      "@typescript-eslint/no-non-null-assertion": "off", // an invariant guarantees the index or the link
      "@typescript-eslint/no-this-alias": "off", // a walk over linked objects starts at `this`
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      // Any value may be thrown, and is passed on unchanged, because wrapping it would lose its identity.
      "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true, allowThrowingAny: true }],
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingUnknown: true, allowThrowingAny: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreUsingDeclarations: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      eqeqeq: "error",
      "no-implicit-coercion": ["error", { boolean: true, number: true, string: true }],
    },
  },
  {
    // One program for all packages and their tests. With one for each package, the platform's types would be checked
    // repeatedly.
    files: ["*.ts", "packages/**/*.ts"],
    languageOptions: { parserOptions: { projectService: false, project: "tsconfig.lint.json" } },
  },
  {
    files: ["packages/*/src/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 250 }],
      "no-console": ["error", { allow: ["error"] }], // an unhandled failure is printed, never lost
      "no-restricted-globals": ["error", ...timers.map((name) => ({ name, message: onlyTheClock }))],
      "no-restricted-imports": [
        "error",
        {
          paths: builtinModules.map((name) => ({ name, message: "The packages run on every runtime." })),
          patterns: [{ group: ["node:*"], message: "The packages run on every runtime." }],
        },
      ],
      "no-restricted-properties": [
        "error",
        ...globalObjects.flatMap((object) => timers.map((property) => ({ object, property, message: onlyTheClock }))),
        ...leaking,
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "VariableDeclaration[kind=/using$/]",
          message: "Down-levelled `using` is 0.7 kB a file in the consumer's bundle: use try and finally.",
        },
      ],
    },
  },
  {
    files: ["packages/scope/src/time/{platform-clock,macrotask}.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-properties": ["error", ...leaking] },
  },
  {
    files: ["packages/scope/src/ambient.ts"],
    rules: { "no-restricted-imports": "off" }, // only for runtimes with `AsyncLocalStorage`, and only if imported
  },
  {
    files: ["packages/trace/src/{register,cli}.ts", "packages/trace/src/{register,command}/**/*.ts"],
    rules: { "no-restricted-imports": "off" }, // only for processes; the main entry runs everywhere
  },
  {
    files: ["packages/{runner,subprocess}/src/**/*.ts"],
    rules: { "no-restricted-imports": "off" }, // only for Node, Bun and Deno, which have processes, signals and exit codes
  },
  {
    files: ["**/test/**/*.ts", "apps/test-support/src/*.ts", "apps/conformance/{contract,fake-timers}/**/*.ts"],
    rules: {
      // Tests do what users do: they throw and print unusual values, have empty classes and async tasks that do not
      // wait, and read values of promises that resolve without one.
      "@typescript-eslint/no-base-to-string": "off",
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/require-await": "off",
      "no-restricted-properties": [
        "error",
        ...["it", "test", "describe"].flatMap((object) =>
          ["only", "skip"].map((property) => ({
            object,
            property,
            message: "A test that does not run proves nothing.",
          })),
        ),
      ],
    },
  },
  {
    files: ["apps/docs/coming-from/programs/effection/*.there.ts"],
    rules: { "@typescript-eslint/no-floating-promises": "off" }, // a task of Effection is also a promise, and its scope owns it
  },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    languageOptions: { globals: { console: "readonly", process: "readonly", module: "writable" } },
  },
);
