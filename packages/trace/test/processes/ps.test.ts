import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine, masked, Running } from "./running.js";

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

interface Report {
  readonly pid: number;
  readonly trees: readonly {
    readonly containers: readonly {
      readonly name: string;
      readonly age: number;
      readonly cancelledFor: number | null;
      readonly cancelledBy: { readonly kind: string; readonly name: string } | null;
      readonly tasks: readonly {
        readonly name: string;
        readonly status: string;
        readonly cancelledFor: number | null;
      }[];
    }[];
    readonly more: number;
  }[];
  readonly moreTrees: number;
}

async function json(pid: number): Promise<Report> {
  const { lines } = await machine.run("ps", String(pid), "--json");
  return JSON.parse(lines.join("\n")) as Report;
}

describe("ps", () => {
  it("prints the tree of a process at rest: names, states, ages, what each waits for and holds (N7)", async () => {
    const { pid } = await machine.registered("server");
    const { code, lines, stderr } = await machine.run("ps", String(pid));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(masked(lines)).toEqual([
      "server.mjs (PID), up TIME: 3 scopes in 1 tree",
      'Supervisor "requests": live, for TIME',
      '  task "checkout": running, for TIME, holds 1 permit of semaphore "pool"',
      '  task "search": running, for TIME, waits for semaphore "pool"',
    ]);
  });

  it("prints a hanging shutdown: since when and by whom each is cancelled (N7)", async () => {
    const { pid, child, ...server } = await start();
    child.kill("SIGUSR2");
    await server.until(/shutting down/);
    const { lines } = await machine.run("ps", String(pid));
    expect(masked(lines)).toEqual([
      "server.mjs (PID), up TIME: 2 scopes in 1 tree",
      'Supervisor "requests": for TIME, cancelled for TIME by Supervisor "requests": shutdown',
      '  task "checkout": running, for TIME, cancelled for TIME by Supervisor "requests": shutdown, holds 1 permit of semaphore "pool"',
    ]);
    const [first, second] = [await json(pid), await json(pid)].map(({ trees }) => trees[0]!.containers[0]!);
    expect(first!.cancelledBy).toMatchObject({ kind: "Supervisor", name: "requests" });
    expect(first!.cancelledFor).toBeLessThanOrEqual(second!.cancelledFor!);
    expect(first!.age).toBeGreaterThan(first!.cancelledFor!);
  });

  it("prints a task that a shutdown has abandoned as a tree of its own (N7)", async () => {
    const { pid, child, ...server } = await start("abandoning");
    child.kill("SIGUSR2");
    await server.until(/abandoned/);
    const { lines } = await machine.run("ps", String(pid));
    expect(masked(lines).slice(1)).toEqual([
      'task "checkout": running, for TIME, cancelled for TIME by Supervisor "requests": shutdown',
    ]);
  });

  it("reads a process under load, and escapes names that could control the terminal (N7)", async () => {
    const { pid } = await machine.registered("busy");
    for (let round = 0; round < 3; round++) {
      const { code, lines } = await machine.run("ps", String(pid));
      expect(code).toBe(0);
      expect(lines[0]).toMatch(/^busy\.mjs \(PID \d+\), up .*: \d+ scopes? in \d trees?$/);
      expect(lines.join("")).not.toContain("\u001b");
    }
  });

  it("bounds what it reads of 100,000 tasks and 10,000 roots, and says how many more there are (N7)", async () => {
    const { pid } = await machine.registered("many");
    const { lines } = await machine.run("ps", String(pid));
    expect(lines.length).toBeLessThan(5_010);
    expect(lines[0]).toMatch(/: 100001 scopes in 10001 trees$/);
    expect(lines.slice(-2)).toEqual(["  … and 95001 more in this tree", "… and 10000 more trees"]);
    const { trees, moreTrees } = await json(pid);
    expect([trees[0]!.containers[0]!.tasks.length, trees[0]!.more, moreTrees]).toEqual([4_999, 95_001, 10_000]);
  });

  it("says if there is no process, or the command line is wrong (N7)", async () => {
    const gone = new Running(process.execPath, ["-e", ""]);
    await gone.ended;
    expect(await machine.run("ps", String(gone.pid))).toMatchObject({
      code: 1,
      stderr: `There is no process ${gone.pid}.\n`,
    });
    for (const args of [
      [],
      ["ps"],
      ["ps", "abc"],
      ["ps", "-1"],
      ["ps", "1", "2"],
      ["kill", "1"],
      ["ps", "1", "--no"],
    ]) {
      const { code, stderr } = await machine.run(...args);
      expect([code, stderr.includes("Usage: selvage-trace ps PID")]).toEqual([2, true]);
    }
    expect((await machine.run("--help")).lines[0]).toBe("Usage: selvage-trace ps PID [options]");
    expect(await machine.run("top", "1", "--interval", "0")).toMatchObject({ code: 2 });
    expect(await machine.run("ps", "1", "--port", "70000")).toMatchObject({ code: 2 });
  });

  async function start(
    name: string = "server",
  ): Promise<{ pid: number; child: Running["child"]; until: Running["until"] }> {
    const running = await machine.registered(name);
    return { pid: running.pid, child: running.child, until: running.until.bind(running) };
  }
});

describe("register", () => {
  it("listens on a socket with the mode 0600, in a folder that only its owner can enter (N7)", async () => {
    const { pid } = await machine.registered("server");
    const folder = join(machine.runtimeFolder, "selvage");
    await machine.run("ps", String(pid)); // it listens by now
    const [directory, socket] = [folder, join(folder, `${pid}.sock`)].map((path) => statSync(path));
    expect([directory!.mode & 0o777, socket!.isSocket(), socket!.mode & 0o777]).toEqual([0o700, true, 0o600]);
  });

  it("does not keep the process alive, and removes its socket at exit (N7)", async () => {
    const running = await machine.program("short");
    const [, socket] = await running.until(/^ready (.*)$/m);
    expect(await running.ended).toBe(0);
    expect(() => statSync(socket!)).toThrow("ENOENT");
    expect(running.stderr).toBe("");
  });

  it("replaces the socket of an earlier process with the same PID, which is not there any more (N7)", async () => {
    const folder = join(machine.runtimeFolder, "selvage");
    mkdirSync(folder, { mode: 0o700 });
    // A process that writes over its own socket's place, as a crashed one with its PID would have left it.
    const code = `
      const { createServer } = await import("node:net");
      const { spawnSync } = await import("node:child_process");
      const path = ${JSON.stringify(folder)} + "/" + process.pid + ".sock";
      spawnSync(process.execPath, ["-e", "require('net').createServer().listen(" + JSON.stringify(path) + ", () => process.kill(process.pid, 'SIGKILL'))"]);
      if (!(await import("node:fs")).existsSync(path)) throw new Error("expected a stale socket");
      await import(${JSON.stringify(new URL("../../dist/register.js", import.meta.url).href)});
      setInterval(() => {}, 1_000_000);
      const { connect } = await import("node:net");
      const attempt = () => connect(path).on("connect", () => console.log("ready")).on("error", () => setImmediate(attempt));
      attempt();`;
    const running = machine.start(process.execPath, ["--input-type=module", "-e", code]);
    await running.until(/^ready/m);
    expect((await json(running.pid)).pid).toBe(running.pid);
    expect(running.stderr).toBe("");
  });

  it.each([
    ["a folder that others can enter", (path: string) => mkdirSync(path, { mode: 0o755 })],
    ["a link to a folder", (path: string) => symlinkSync("/tmp", path)],
    ["a file", (path: string) => writeFileSync(path, "")],
  ])("does not use %s: it warns, and the process runs on (N7)", async (_, make) => {
    make(join(machine.runtimeFolder, "selvage"));
    const running = await machine.registered("server");
    await running.until(/SelvageTraceWarning: selvage-trace cannot read this process: Error: /, "stderr");
    expect(running.hasEnded).toBe(false);
  });

  it("another user cannot connect (N7)", async () => {
    if (process.getuid?.() !== 0) return; // only root can become another user
    const { pid } = await machine.registered("server");
    await machine.run("ps", String(pid));
    const socket = join(machine.runtimeFolder, "selvage", `${pid}.sock`);
    const code = `
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
      require("net").connect(${JSON.stringify(socket)}).on("connect", () => console.log("connected")).on("error", ({ code }) => console.log(code));`;
    const other = machine.start(process.execPath, ["-e", code]);
    await other.ended;
    expect(other.stdout).toBe("EACCES\n");
  });

  it("does nothing in worker threads, which --import reaches, too (N7)", async () => {
    const running = await machine.registered("worker");
    expect(running.stdout).toBe("ready undefined\n");
    const { lines } = await machine.run("ps", String(running.pid));
    expect(lines.slice(1).join()).toMatch(/^scope "main": live, for /);
    expect(running.stderr).toBe("");
  });
});
