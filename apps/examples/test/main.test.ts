import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { listing } from "../src/listing.js";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

// Runs it as a user does, in a separate process.
describe("the built app", { timeout: 60_000 }, () => {
  it("lists every program", async () => {
    const { exitCode, stdout, stderr } = await start("--list");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const names = stdout.trimEnd().split("\n");
    expect(names.map((line) => line.split(" ")[0])).toEqual(listing.programs.map(({ name }) => name));
  });

  it("reports an unknown program on stderr, and exits with 2", async () => {
    expect(await start("no-such-program")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: 'There is no program "no-such-program".\n"start --list" lists those there are.\n',
    });
  });

  it("ends without an error when its output is closed", async () => {
    const app = spawn(process.execPath, [main, "remaining-tasks"]);
    const ended = once(app, "exit");
    const complaints = text(app.stderr);
    await once(app.stdout, "data");
    app.stdout.destroy();
    expect({ complaints: await complaints, ended: await ended }).toEqual({ complaints: "", ended: [0, null] });
  });

  // These use sockets, child processes and signals, which a virtual clock does not control. A leak would keep the
  // process alive.
  it.each(["fetch-150", "commands", "server", "ambient", "run", "drain"])(
    "runs %s to its end, and exits with 0",
    async (name) => {
      const { exitCode, stdout, stderr } = await start(name);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toMatch(new RegExp(`^── ${name}: `));
    },
  );
});

function start(...args: string[]): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });
}
