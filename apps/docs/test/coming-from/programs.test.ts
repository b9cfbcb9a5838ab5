import { beforeAll, describe, it, vi } from "vitest";
import { bundle, outputFile, programs, run } from "./programs.js";
import { runPython } from "./python.js";

// Most programs mainly wait.
vi.setConfig({ maxConcurrency: 12 });

// `vitest -u` writes the outputs into the files that the pages include. Check the difference before you commit it.
describe("a program that the pages show", { timeout: 30_000 }, () => {
  const inTypeScript = programs(".ts");
  const inPython = programs(".py");
  let folder: string;
  let printed: ReadonlyMap<string, string>;

  beforeAll(async () => {
    [folder, printed] = await Promise.all([bundle(inTypeScript), runPython(inPython)]);
  }, 60_000);

  it.concurrent.for(inTypeScript)("prints what is shown: %s", async (name, { expect }) => {
    await expect(await run(folder, name)).toMatchFileSnapshot(outputFile(name));
  });

  it.for(inPython)("prints what is shown: %s", async (name, { expect, skip }) => {
    const output = printed.get(name);
    if (output === undefined) {
      const missing = name.startsWith("trio/") ? "Python 3.11 with Trio" : "Python 3.11";
      if (process.env["CI"] !== undefined) throw new Error(`expected ${missing} to be installed`);
      skip(`${missing} is not installed`);
    }
    await expect(output).toMatchFileSnapshot(outputFile(name));
  });
});
