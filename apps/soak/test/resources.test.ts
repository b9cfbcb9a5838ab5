import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { Resources } from "../src/resources.js";

describe("Resources.release", () => {
  it("returns nothing if nothing is left", async () => {
    const resources = new Resources();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
    expect(await resources.release()).toEqual([]);
  });

  it("names handles that are left", async () => {
    const resources = new Resources();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(await resources.release()).toEqual(["left: 1 TCPServerWrap"]);
    server.close();
    await once(server, "close");
  });

  it("names listeners of the process that are left", async () => {
    const resources = new Resources();
    const listener = (): void => {};
    process.on("SIGUSR2", listener);
    expect(await resources.release()).toEqual(["left: 1 listeners of SIGUSR2"]);
    process.off("SIGUSR2", listener);
  });

  it("names an uncaught error, and stops watching", async () => {
    const resources = new Resources();
    for (const listener of process.listeners("uncaughtExceptionMonitor")) {
      listener(new Error("lost"), "uncaughtException");
    }
    expect(await resources.release()).toEqual(["uncaught: Error: lost"]);
    expect(process.listenerCount("uncaughtExceptionMonitor")).toBe(0);
  });
});
