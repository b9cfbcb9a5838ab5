/* eslint-disable no-control-regex -- sequences that control a terminal */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine, masked } from "./running.js";

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

describe("top", () => {
  it("without a terminal prints a frame at each interval, and follows what changes (N7)", async () => {
    const server = await machine.registered("server");
    const top = machine.command("top", String(server.pid), "--interval", "0.1");
    await top.until(/(3 scopes in 1 tree[^]*){2}/);
    server.child.kill("SIGUSR2");
    await top.until(/cancelled for .* by Supervisor "requests": shutdown, holds/);
    const frames = top.stdout.split("\n\n");
    expect(masked(frames[0]!.split("\n"))).toEqual([
      "server.mjs (PID), up TIME: 3 scopes in 1 tree",
      'Supervisor "requests": live, for TIME',
      '  task "checkout": running, for TIME, holds 1 permit of semaphore "pool"',
      '  task "search": running, for TIME, waits for semaphore "pool"',
    ]);
    top.child.kill("SIGINT");
    expect(await top.ended).toBe(0);
    expect(top.stdout).not.toContain("\u001b");
    expect(server.hasEnded).toBe(false);
  });

  it("ends when the process ends (N7)", async () => {
    const server = await machine.registered("server");
    const top = machine.command("top", String(server.pid), "--interval", "0.1");
    await top.until(/server\.mjs/);
    server.child.kill("SIGKILL");
    expect(await top.ended).toBe(0);
    expect(top.stderr).toBe(`Process ${server.pid} has ended.\n`);
  });

  it.each([
    ["q", "q"],
    ["Ctrl-C", "\u0003"],
  ])("on a terminal redraws in place, and %s ends it and gives the terminal back (N7)", async (_, key) => {
    const server = await machine.registered("server");
    const top = machine.terminal("top", String(server.pid), "--interval", "0.1");
    await top.until(/(\u001b\[Hserver\.mjs[^]*){3}/);
    top.child.stdin!.write(key);
    expect(await top.ended).toBe(0);
    expect(top.stdout).toMatch(/^\u001b\[\?1049h\u001b\[\?25l/);
    expect(top.stdout.trimEnd()).toMatch(/\u001b\[\?25h\u001b\[\?1049l$/);
    expect(top.stdout.split("\u001b[?1049l")[0]).not.toMatch(/\u001b\[[^HKJ?]/); // only its own sequences
  });
});
