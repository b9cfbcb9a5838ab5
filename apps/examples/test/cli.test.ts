import { describe, expect, it } from "vitest";
import { type Listing, start } from "../src/cli.js";
import type { Program } from "../src/program.js";

describe("start", () => {
  it("runs the named programs, in that order, each under a headline", async () => {
    expect(await run("two", "one")).toEqual({
      exitCode: 0,
      printed: ["── two: prints 2", "2", "", "── one: prints 1", "1"],
      complaints: [],
    });
  });

  it("runs the default programs if no name is given", async () => {
    expect((await run()).printed).toEqual(["── two: prints 2", "2"]);
  });

  it("runs every program for all", async () => {
    const { printed } = await run("all");
    expect(printed.filter((line) => line.startsWith("──"))).toEqual([
      "── one: prints 1",
      "── two: prints 2",
      "── broken: fails",
    ]);
  });

  it("lists names and descriptions", async () => {
    expect(await run("--list")).toEqual({
      exitCode: 0,
      printed: ["one     prints 1", "two     prints 2", "broken  fails"],
      complaints: [],
    });
  });

  it("prints its usage for --help", async () => {
    const { exitCode, printed } = await run("--help");
    expect(exitCode).toBe(0);
    expect(printed.join("\n")).toMatch(/^Usage: start .*start <name>.*start --list/s);
  });

  it("runs nothing if a name is unknown, prints the name and where to look, and returns 2", async () => {
    expect(await run("one", "three", "tow")).toEqual({
      exitCode: 2,
      printed: [],
      complaints: [
        'There is no program "three".',
        'There is no program "tow".',
        '"start --list" lists those there are.',
      ],
    });
  });

  it("runs nothing if an option is unknown, prints its usage and returns 2", async () => {
    const { exitCode, printed, complaints } = await run("one", "--lsit");
    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: [] });
    expect(complaints.join("\n")).toMatch(/^There is no option "--lsit"\.\nUsage: start/);
  });

  it("stops at a program that fails, prints the error and returns 1", async () => {
    const { exitCode, printed, complaints } = await run("broken", "one");
    expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: ["── broken: fails"] });
    expect(complaints.join("\n")).toMatch(/^broken failed: .*Error: it broke/);
  });
});

const listing: Listing = {
  programs: [
    printing("one", "1"),
    printing("two", "2"),
    { name: "broken", description: "fails", run: () => Promise.reject(new Error("it broke")) },
  ],
  byDefault: ["two"],
};

function printing(name: string, line: string): Program {
  return { name, description: `prints ${line}`, run: async ({ out }) => out(line) };
}

async function run(
  ...args: string[]
): Promise<{ exitCode: number; printed: readonly string[]; complaints: readonly string[] }> {
  const printed: string[] = [];
  const complaints: string[] = [];
  const exitCode = await start(args, listing, {
    out: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
  });
  return { exitCode, printed, complaints };
}
