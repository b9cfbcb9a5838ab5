import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { programsFolder } from "./programs.js";

const runner = fileURLToPath(new URL("run_programs.py", import.meta.url));
/** `PYTHON`, if set, is asked first. Debian's own has the modules that Debian packages. */
const interpreters = [process.env["PYTHON"], "python3", "/usr/bin/python3"];

/** What the programs print, by their names; without those that no Python here can run: for want of a version, or of a module. */
export async function runPython(names: readonly string[]): Promise<Map<string, string>> {
  const printed = new Map<string, string>();
  for (const interpreter of interpreters) {
    const left = names.filter((name) => !printed.has(name));
    if (interpreter === undefined || left.length === 0) continue;
    for (const [name, output] of Object.entries(await runWith(interpreter, left))) printed.set(name, output);
  }
  return printed;
}

/** All in one process: to start one takes longer than most of the programs. */
function runWith(interpreter: string, names: readonly string[]): Promise<Record<string, string>> {
  const options = { cwd: programsFolder, timeout: 20_000, killSignal: "SIGKILL" } as const;
  return new Promise((resolve, reject) => {
    execFile(interpreter, [runner, ...names], options, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Record<string, string>);
      else if (error.code === "ENOENT") resolve({});
      else reject(new Error(`${interpreter}: expected the programs to end well\n${stderr}`, { cause: error }));
    });
  });
}
