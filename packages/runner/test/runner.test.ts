import { settled } from "@selvage/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CancelScope, ClosedError, InvalidStateError, Runner } from "@selvage/runner";
import { Programs } from "./programs.js";

let programs: Programs;

beforeAll(async () => {
  programs = await Programs.translate();
}, 60_000);

afterAll(() => {
  programs.remove();
});

/** A main that is cancelled, and cleans up until `cleanedUp` is called. */
function slowMain(): { main: (scope: CancelScope) => Promise<void>; cleanedUp: () => void; log: string[] } {
  const log: string[] = [];
  let cleanedUp = (): void => {};
  const cleanup = new Promise<void>((resolve) => (cleanedUp = resolve));
  const main = async (scope: CancelScope): Promise<void> => {
    try {
      await scope.sleep(Infinity);
    } finally {
      log.push(`cleans up after ${String(scope.reason?.cause)}`);
      await cleanup;
      log.push("cleaned up");
    }
  };
  return { main, cleanedUp, log };
}

describe("Runner", () => {
  it("a runner runs mains one after another, each with a new scope (R1)", async () => {
    const runner = new Runner();
    const first = await runner.run((scope) => scope);
    const second = await runner.run((scope) => scope);
    expect(first).not.toBe(second);
    expect(() => new Runner({ signals: ["SIGWHAT"] })).toThrow(RangeError);
  });

  it("a runner refuses a main while another one runs, also that of another runner", async () => {
    const runner = new Runner();
    const { main, cleanedUp } = slowMain();
    const outcome = runner.run(main);
    expect(() => runner.run(() => "second")).toThrow(InvalidStateError);
    expect(() => new Runner().run(() => "second")).toThrow("A main is already running in this process");
    runner.close();
    cleanedUp();
    await expect(outcome).rejects.toMatchObject({ name: "AbortError" });
  });

  it("a runner refuses a main that is not a function", () => {
    expect(() => new Runner().run(undefined as never)).toThrow(
      new TypeError("The main must be a function, got undefined."),
    );
  });

  it("a runner counts signals anew for each main (R1)", { timeout: 30_000 }, async () => {
    const program = programs.start("repeating");
    await program.line("started 1, cancelled: false");
    program.send("SIGINT");
    await program.line("started 2, cancelled: false");
    program.send("SIGTERM");
    expect(await program.end()).toMatchObject({
      code: 143,
      stdout: ["started 1, cancelled: false", "ended 1", "started 2, cancelled: false"],
      stderr: "",
    });
  });

  describe("close", () => {
    it("close makes the runner refuse later mains (R1)", () => {
      const runner = new Runner();
      runner.close();
      expect(() => runner.run(() => "late")).toThrow(ClosedError);
      runner.close();
    });

    it("close cancels the running main; run rejects with its CancelledError once it has cleaned up (R1)", async () => {
      const runner = new Runner();
      const { main, cleanedUp, log } = slowMain();
      let scope: CancelScope | undefined;
      const outcome = runner.run((own) => main((scope = own)));
      runner.close();
      runner.close();
      await settled();
      expect(log).toEqual(["cleans up after the runner was closed"]);
      cleanedUp();
      await expect(outcome).rejects.toBe(scope!.reason);
      expect(log).toEqual(["cleans up after the runner was closed", "cleaned up"]);
    });

    it("close causes no unhandled rejection, although the run is never awaited", async () => {
      const runner = new Runner();
      void runner.run((scope) => scope.sleep(Infinity));
      runner.close();
      await settled(); // what is unhandled by then fails the test
    });

    it("close may be called by the main itself, at once", async () => {
      const runner = new Runner();
      const seen: boolean[] = [];
      void runner.run(async (scope) => {
        runner.close();
        seen.push(scope.cancelled);
        await scope.checkpoint();
      });
      await settled();
      expect(seen).toEqual([true]);
      expect(() => runner.run(() => "late")).toThrow(ClosedError);
    });

    it("a main that completes although the runner was closed keeps its value (S14)", async () => {
      const runner = new Runner();
      const outcome = runner.run(async (scope) => {
        await scope.sleep(Infinity).catch(() => {});
        return "its value";
      });
      runner.close();
      await expect(outcome).resolves.toBe("its value");
    });

    it(
      "a signal after close still ends the process: the main is cancelled, and the exit code is 128 + n (R1)",
      { timeout: 30_000 },
      async () => {
        const program = programs.start("closing");
        await program.line("cleans up");
        program.send("SIGTERM");
        await program.line("signalled");
        program.say("go on");
        expect(await program.end()).toMatchObject({
          code: 143,
          stdout: ["cleans up", "signalled", "cleaned up"],
          stderr: "",
        });
      },
    );

    it("close alone does not exit", { timeout: 30_000 }, async () => {
      const program = programs.start("closing");
      await program.line("cleans up");
      program.say("go on");
      expect(await program.end()).toMatchObject({
        code: 0,
        stdout: ["cleans up", "cleaned up", 'AbortError: "main" was cancelled: the runner was closed'],
      });
    });
  });

  describe("[Symbol.asyncDispose]", () => {
    it("disposing closes the runner and waits for the running main (R1)", async () => {
      const { main, cleanedUp, log } = slowMain();
      const runner = new Runner();
      void runner.run(main);
      let isDisposed = false;
      const disposal = runner[Symbol.asyncDispose]().then(() => (isDisposed = true));
      await settled();
      expect(log).toEqual(["cleans up after the runner was closed"]);
      expect(isDisposed).toBe(false);
      cleanedUp();
      await disposal;
      expect(log.at(-1)).toBe("cleaned up");
      expect(() => runner.run(() => "late")).toThrow(ClosedError);
    });

    it("disposing works with `await using`, and may be repeated", async () => {
      await using runner = new Runner();
      await expect(runner.run(() => "its value")).resolves.toBe("its value");
      await runner[Symbol.asyncDispose]();
    });
  });
});
