import { execFile, type ExecFileException } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Program } from "../../.vitepress/theme/playground/engine/source.js";

const root = new URL("../../../../", import.meta.url);
// The packages resolve from here.
const cache = new URL("../../node_modules/.cache/", import.meta.url);

/** The types of `./playground.js` for the programs. */
const playgrounds = {
  tasks: declared("playground-module", "PlaygroundModule", "clock, mark, onError, task"),
  pipeline: declared("pipeline/pipeline-module", "PipelineModule", "clock, work"),
};

function declared(file: string, type: string, names: string): string {
  return `
import type { ${type} } from "../../../../.vitepress/theme/playground/engine/${file}.js";
declare const module: ${type};
export const { ${names} } = module;
`;
}

/** Type-checks programs as TypeScript with every strict flag of this repository on; returns the compiler's messages. */
export async function typeCheck(
  programs: readonly Program[],
  playground: keyof typeof playgrounds = "tasks",
): Promise<string> {
  const folder = new URL(`playground-${playground}/`, cache); // each in its own, because test files run at the same time
  rmSync(folder, { recursive: true, force: true });
  programs.forEach(({ tasks, main }, i) => {
    const place = new URL(`${i}/`, folder);
    mkdirSync(place, { recursive: true });
    writeFileSync(new URL("tasks.ts", place), tasks);
    writeFileSync(new URL("main.ts", place), main);
    writeFileSync(new URL("playground.ts", place), playgrounds[playground]);
  });
  const config = new URL("tsconfig.json", folder);
  const compilerOptions = { types: [], composite: false, incremental: false, rootDir: fileURLToPath(root) };
  const files = programs.map((_, i) => `${i}/main.ts`);
  writeFileSync(
    config,
    JSON.stringify({ extends: fileURLToPath(new URL("tsconfig.test.json", root)), compilerOptions, files }),
  );
  const compiler = fileURLToPath(new URL("node_modules/typescript-7/bin/tsc", root));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [compiler, "--project", fileURLToPath(config), "--pretty", "false"],
      { cwd: folder },
      (error: ExecFileException | null, stdout, stderr) => {
        // The packages' own sources, further up, are checked elsewhere.
        const messages = stdout.split(/\n(?=\S)/).filter((message) => !message.startsWith("../"));
        resolve(messages.join("\n") + stderr + (error !== null && stdout === "" ? error.message : ""));
      },
    );
  });
}
