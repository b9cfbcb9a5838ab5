import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { programsFolder } from "./programs.js";

const runner = fileURLToPath(new URL("run_programs.py", import.meta.url));
/** The interpreters to try. `PYTHON`, if set, comes first. Debian's own has the modules that Debian packages. */
const interpreters = [process.env["PYTHON"], "python3", "/usr/bin/python3"];

/** The outputs of the programs, by name, without those that no Python here can run because a version or a module is missing. */
export async function runPython(names: readonly string[]): Promise<Map<string, string>> {
  const printed = new Map<string, string>();
  for (const interpreter of interpreters) {
    const left = names.filter((name) => !printed.has(name));
    if (interpreter === undefined || left.length === 0) continue;
    for (const [name, output] of Object.entries(await runWith(interpreter, left))) printed.set(name, output);
  }
  return printed;
}

/** All in one process, because starting a process takes longer than most of the programs. */
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
