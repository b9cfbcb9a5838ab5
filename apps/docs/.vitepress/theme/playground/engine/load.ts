/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * Runs the text of a module, and returns what it exports.
 *
 * The text runs unchanged, except for imports and exports: an `import` takes its names from `modules`, and an
 * `export` adds to the returned object. They are supported only in the forms that the programs here use, each on one
 * line.
 *
 * @throws {SyntaxError} If the text is not a program. @throws {TypeError} If it imports a name that does not exist.
 */
export function load(file: string, text: string, modules: Readonly<Record<string, Exports>>): Exports {
  for (const [, names, from] of text.matchAll(importLine)) {
    const missing = names!.split(", ").filter((name) => !(name in (modules[from!] ?? {})));
    if (missing.length > 0) throw new TypeError(`${file} imports ${missing.join(", ")} from "${from}": not there.`);
  }
  const script = text
    .replaceAll(importLine, "const { $1 } = modules[`$2`];")
    .replaceAll(/^export const (\w+) =/gm, "const $1 = exported.$1 =")
    .replaceAll(/^export default /gm, "exported.default = ");
  const exported: Record<string, unknown> = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- only the shown text runs
  const run = new Function("modules", "exported", `"use strict"; ${script}\n//# sourceURL=playground/${file}`) as Run;
  run(modules, exported);
  return exported;
}

const importLine = /^import \{ (.+) \} from "(.+)";$/gm;

type Run = (modules: Readonly<Record<string, Exports>>, exported: Record<string, unknown>) => void;
