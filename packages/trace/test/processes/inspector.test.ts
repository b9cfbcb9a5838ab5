/** A process that has not imported `register` is read through its inspector. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine, masked, type Running } from "./running.js";

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

/** Any free port, so that other processes of this machine do not have it. */
const anyPort = "--inspect-port=127.0.0.1:0";

/** Returns the port of the latest inspector that a process has opened. */
function portOf({ stderr }: Running): number {
  const [, port] = [...stderr.matchAll(/Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//g)].at(-1)!;
  return Number(port);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

const atRest = [
  "server.mjs (PID), up TIME: 3 scopes in 1 tree",
  'Supervisor "requests": live',
  '  task "checkout": running, holds 1 permit of semaphore "pool"',
  '  task "search": running, waits for semaphore "pool"',
];

describe("ps of a process that has not imported register", () => {
  it("opens the inspector, reads the same tree, closes the inspector, and says so (N7)", async () => {
    const server = await machine.program("server", anyPort);
    for (let round = 0; round < 2; round++) {
      const { code, lines, stderr } = await machine.run("ps", String(server.pid), "--yes");
      expect(code).toBe(0);
      expect(masked(lines)).toEqual(atRest);
      expect(stderr).toBe(`Opening the inspector of process ${server.pid}.\nClosing the inspector.\n`);
      await closed(portOf(server));
    }
    expect(server.hasEnded).toBe(false);
  });

  it("reads a hanging shutdown, and by whom each is cancelled (N7)", async () => {
    const server = await machine.program("server", anyPort);
    server.child.kill("SIGUSR2");
    await server.until(/shutting down/);
    const { lines } = await machine.run("ps", String(server.pid), "--yes");
    expect(masked(lines).slice(1)).toEqual([
      'Supervisor "requests": cancelled by Supervisor "requests": shutdown',
      '  task "checkout": running, cancelled by Supervisor "requests": shutdown, holds 1 permit of semaphore "pool"',
    ]);
  });

  it("reads a process under load, and does not harm it (N7)", async () => {
    const busy = await machine.program("busy", anyPort);
    const { code, lines } = await machine.run("ps", String(busy.pid), "--yes");
    expect([code, lines[0]!.startsWith("busy.mjs (PID")]).toEqual([0, true]);
    await closed(portOf(busy));
    expect([busy.child.exitCode, busy.child.signalCode, busy.stderr.includes("rror")]).toEqual([null, null, false]);
  });

  it("bounds what it reads of 100,000 tasks and 10,000 roots (N7)", async () => {
    const many = await machine.program("many", anyPort);
    const { lines } = await machine.run("ps", String(many.pid), "--yes");
    expect(lines[0]).toMatch(/ in 10001 trees$/);
    expect(lines.length).toBeLessThan(5_010);
  });

  it("does not open it without --yes where it cannot ask, and leaves the process alone (N7)", async () => {
    const server = await machine.program("server", anyPort);
    const { code, lines, stderr } = await machine.run("ps", String(server.pid));
    expect([code, lines]).toEqual([1, [""]]);
    expect(stderr).toContain("Open its inspector on loopback, and close it afterwards?");
    expect(stderr).toContain("pass --yes");
    expect(server.stderr).toBe("");
  });

  it("asks on a terminal, and takes anything but yes as no (N7)", async () => {
    const server = await machine.program("server", anyPort);
    for (const [answer, code] of [
      ["n", 1],
      ["", 1],
      ["yes", 0],
    ] as const) {
      const command = machine.terminal("ps", String(server.pid));
      await command.until(/\[y\/N\]/);
      command.child.stdin!.write(`${answer}\r`);
      expect(await command.ended).toBe(code);
      expect(command.stdout.includes('task "checkout"')).toBe(code === 0);
    }
    await closed(portOf(server));
  });

  it("leaves an inspector open that was open before, whatever its port (N7)", async () => {
    const server = await machine.program("server", "--inspect=127.0.0.1:0");
    const port = portOf(server);
    const { lines, stderr } = await machine.run("ps", String(server.pid), "--port", String(port));
    expect([masked(lines), stderr]).toEqual([atRest, ""]); // it need not ask
    const found = await machine.run("ps", String(server.pid), "--yes");
    expect(masked(found.lines)).toEqual(atRest);
    expect(await isOpen(port)).toBe(true);
  });

  it("says so if the process does not use the core, and closes the inspector (N7)", async () => {
    const other = machine.start(process.execPath, [anyPort, "-e", "setInterval(() => {}, 1e6); console.log('ready')"]);
    await other.until(/ready/);
    const { code, stderr } = await machine.run("ps", String(other.pid), "--yes");
    expect([code, stderr.includes(`Process ${other.pid} does not use @selvage/scope.`)]).toEqual([1, true]);
    await closed(portOf(other));
  });

  it("does not signal a process that the signal would end (N7)", async () => {
    const other = machine.start("sleep", ["1000"]);
    const { code, stderr } = await machine.run("ps", String(other.pid), "--yes");
    expect([code, stderr]).toEqual([
      1,
      `Process ${other.pid} does not open an inspector: it is not Node, or runs with --disable-sigusr1.\n`,
    ]);
    expect(other.hasEnded).toBe(false);
  });
});

describe("top of a process that has not imported register", () => {
  it("closes the inspector when it is ended with Ctrl-C (N7)", async () => {
    const server = await machine.program("server", anyPort);
    const top = machine.command("top", String(server.pid), "--yes", "--interval", "0.1");
    await top.until(/(server\.mjs[^]*){2}/);
    top.child.kill("SIGINT");
    expect(await top.ended).toBe(0);
    expect(top.stderr).toContain("Closing the inspector.");
    await closed(portOf(server));
    expect(server.hasEnded).toBe(false);
  });

  it("ends when the process ends (N7)", async () => {
    const server = await machine.program("server", anyPort);
    const top = machine.command("top", String(server.pid), "--yes", "--interval", "0.1");
    await top.until(/server\.mjs/);
    server.child.kill("SIGKILL");
    expect(await top.ended).toBe(0);
    expect(top.stderr).toContain(`Process ${server.pid} has ended.`);
  });
});

/** Waits until nothing listens on a port. The process closes it after the command has ended. */
async function closed(port: number): Promise<void> {
  while (await isOpen(port)) await new Promise((resolve) => setImmediate(resolve));
}
