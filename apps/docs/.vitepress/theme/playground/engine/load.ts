/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * Runs the text of a module, and returns what it exports.
 *
 * The text is run as it is, but for what only the top of a module may say: an `import` takes what it names from `modules`, an
 * `export` adds to what is returned. They are understood in the forms in which programs are written here, each on a line.
 *
 * @throws {SyntaxError} Where the text is no program. @throws {TypeError} Where it imports what is not there.
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
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what is shown is run, and nothing else
  const run = new Function("modules", "exported", `"use strict"; ${script}\n//# sourceURL=playground/${file}`) as Run;
  run(modules, exported);
  return exported;
}

const importLine = /^import \{ (.+) \} from "(.+)";$/gm;

type Run = (modules: Readonly<Record<string, Exports>>, exported: Record<string, unknown>) => void;
