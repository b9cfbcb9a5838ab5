/** The guide shows what the command prints. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Machine, masked } from "./running.js";

const guide = readFileSync(new URL("../../../../apps/docs/guides/why-still-running.md", import.meta.url), "utf8");
const [hanging, atRest] = Array.from(guide.matchAll(/```text\n(server\.mjs [^]*?)\n```/g), ([, text]) =>
  masked(text!.split("\n")),
);

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

describe("the guide", () => {
  it("shows what ps prints of a hanging shutdown (N7)", async () => {
    const server = await machine.registered("server");
    server.child.kill("SIGUSR2");
    await server.until(/shutting down/);
    const { lines } = await machine.run("ps", String(server.pid));
    expect(masked(lines)).toEqual(hanging);
  });

  it("shows what ps prints of a process that has not imported register (N7)", async () => {
    const server = await machine.program("server", "--inspect-port=127.0.0.1:0");
    const { lines } = await machine.run("ps", String(server.pid), "--yes");
    expect(masked(lines)).toEqual(atRest);
  });
});
