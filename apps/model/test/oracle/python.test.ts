import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Python, whyNoPython } from "../../src/oracle/python.js";
import { noPython } from "./needs-python.js";

describe("whyNoPython", () => {
  it("returns a reason if there is no Python", () => {
    expect(whyNoPython("no-such-python")).toBe("there is no no-such-python");
  });
});

describe.skipIf(noPython)("Python", () => {
  let python: Python;

  beforeAll(() => {
    python = new Python();
  });

  afterAll(() => python[Symbol.asyncDispose]());

  it("runs in virtual time", async () => {
    const code = `
import asyncio

async def main():
    start = asyncio.get_running_loop().time()
    await asyncio.sleep(86_400)
    print(asyncio.get_running_loop().time() - start)

asyncio.run(main())
`;
    expect(await python.snippet(code)).toBe("86400\n");
  });

  it("counts how often several things were due at one time", async () => {
    const sleeper = { do: "spawn", owner: 1, body: [{ do: "sleep", id: 3, ms: 5 }] } as const;
    const tasks = [
      { ...sleeper, id: 2 },
      { ...sleeper, id: 4 },
    ];
    const { ties } = await python.program({ body: [{ do: "group", id: 1, limit: null, body: tasks }] });
    expect(ties).toBe(1);
  });

  it("rejects a request that it cannot run, and continues", async () => {
    await expect(python.snippet("raise ValueError('no such thing')")).rejects.toThrow("ValueError: no such thing");
    expect(await python.snippet("print(1)")).toBe("1\n");
  });

  it("rejects a program that would never end, and continues", async () => {
    const endless = "import asyncio\nasync def main():\n    await asyncio.Event().wait()\nasyncio.run(main())";
    await expect(python.snippet(endless)).rejects.toThrow("Stalled");
    expect(await python.snippet("print(1)")).toBe("1\n");
  });
});
