/** The sinks of a trace: what they get, and what happens if they are slow or fail. */
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { CancelScope } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { checkEvents, checkTrace, parseTrace } from "@selvage/test-support/check-trace";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { afterEach, describe, expect, it } from "vitest";
import { traceTo } from "../src/index.js";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function fileIn(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "selvage-sinks-"));
  folders.push(folder);
  return join(folder, name);
}

/** Opens and closes scopes. */
function openScopes(count: number): void {
  for (let scope = 0; scope < count; scope++) new CancelScope({ name: `scope ${scope}` }).close();
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("a function as the sink", () => {
  it("gets whole events, and is not called again before its promise has settled (N6)", async () => {
    const parts: string[] = [];
    let calls = 0;
    let most = 0;
    const trace = traceTo(async (part) => {
      most = Math.max(most, ++calls);
      parts.push(part);
      await turn();
      calls--;
    });
    for (let round = 0; round < 5; round++) {
      openScopes(300);
      await turn();
    }
    await trace[Symbol.asyncDispose]();
    expect(most).toBe(1);
    expect(parts.length).toBeGreaterThan(1);
    // At each moment what was written is readable.
    for (let length = 1; length < parts.length; length++) {
      const events = parseTrace(parts.slice(0, length).join(""));
      expect(checkEvents(events, { isComplete: false })).toEqual([]);
    }
    expect(checkTrace(parts.join(""))).toEqual([]);
  });

  it("gets a large burst at once, without waiting for the event loop to turn (N6)", async () => {
    let text = "";
    const trace = traceTo((part) => void (text += part));
    openScopes(2_000);
    expect(text.length).toBeGreaterThan(65_536);
    await trace[Symbol.asyncDispose]();
  });

  it("a trace without a single scope is a complete file (N6)", async () => {
    let text = "";
    await traceTo((part) => void (text += part))[Symbol.asyncDispose]();
    expect(checkTrace(text)).toEqual([]);
  });

  it("scopes that the sink opens while it is called are not traced (N6)", async () => {
    let text = "";
    const trace = traceTo((part) => {
      new CancelScope({ name: "of the sink" }).close();
      text += part;
    });
    openScopes(3);
    await trace[Symbol.asyncDispose]();
    expect(text).not.toContain("of the sink");
    expect(checkTrace(text)).toEqual([]);
  });

  it("a sink that uses scopes later does not stop the event loop (N6)", async () => {
    let text = "";
    const trace = traceTo(async (part) => {
      await CancelScope.run(async () => {}, { name: "of the sink" });
      text += part;
    });
    openScopes(3);
    for (let turns = 0; turns < 5; turns++) await turn();
    await trace[Symbol.asyncDispose]();
    expect(checkTrace(text)).toEqual([]);
  });
});

describe("a sink that is slow", () => {
  it("bounds the memory: what does not fit is left out and counted, and what was begun is ended (N6)", async () => {
    const parts: string[] = [];
    let release = (): void => {};
    const trace = traceTo(
      (part) => {
        parts.push(part);
        return new Promise<void>((resolve) => (release = resolve));
      },
      { maxPending: 10_000 },
    );
    const before = new CancelScope({ name: "before" });
    openScopes(500); // the first part
    const during = new CancelScope({ name: "during", parent: before });
    openScopes(10_000);
    const dropped = new CancelScope({ name: "left out", parent: before });
    before.cancel();
    for (const scope of [dropped, during, before]) scope.close();
    expect(parts).toHaveLength(1);
    const ended = trace[Symbol.asyncDispose]();
    release();
    await turn();
    expect(parts).toHaveLength(2);
    expect(parts[1]!.length).toBeLessThan(12_000);
    release();
    await ended;
    const text = parts.join("");
    expect(checkTrace(text)).toEqual([]);
    const { args } = parseTrace(text).find(({ name }) => name.includes("dropped:"))!;
    expect(args!["count"]).toBeGreaterThan(9_000);
    expect(text).not.toContain("left out");
    expect(parseTrace(text).filter(({ ph, name }) => ph === "e" && name === "before")).toHaveLength(1);
  });
});

const error = new Error("the disk is full");

/** Sinks that fail, each in its own way. */
const failing: readonly (readonly [how: string, sink: () => Parameters<typeof traceTo>[0]])[] = [
  [
    "a function that throws",
    () => () => {
      throw error;
    },
  ],
  ["a function that rejects", () => () => Promise.reject(error)],
  [
    "a thenable whose then throws",
    () => () => ({
      get then(): never {
        throw error;
      },
    }),
  ],
  ["a web stream whose sink fails", () => new WritableStream({ write: () => Promise.reject(error) })],
  ["a web stream that fails at its start", () => new WritableStream({ start: () => Promise.reject(error) })],
  ["a web stream that cannot be closed", () => new WritableStream({ close: () => Promise.reject(error) })],
  [
    "a Writable whose writes fail",
    () =>
      new Writable({
        write: (_, __, callback) => {
          callback(error);
        },
      }),
  ],
  [
    "a Writable that cannot be ended",
    () =>
      new Writable({
        write: (_, __, callback) => {
          callback();
        },
        final: (callback) => {
          callback(error);
        },
      }),
  ],
];

describe.each(failing)("%s", (_, makeSink) => {
  it("ends the trace, rejects the disposal with its error, and the program is not affected (N6)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const trace = traceTo(makeSink());
      openScopes(1_000);
      await CancelScope.run(turn);
      openScopes(1_000);
      const ended = trace[Symbol.asyncDispose]();
      await expect(ended).rejects.toBe(error);
      expect(trace[Symbol.asyncDispose]()).toBe(ended);
    });
    expect(uncaught).toEqual([]);
  });

  it("is reported once to onError, and the disposal resolves (N6)", async () => {
    const errors: unknown[] = [];
    const trace = traceTo(makeSink(), { onError: (thrown) => errors.push(thrown) });
    openScopes(1_000);
    await turn();
    openScopes(1_000);
    await trace[Symbol.asyncDispose]();
    expect(errors).toEqual([error]);
  });
});

describe("a sink that has failed", () => {
  it("is not called again, and removes the observer (N6)", async () => {
    let calls = 0;
    let seen = 0;
    const trace = traceTo(
      () => {
        calls++;
        throw error;
      },
      { onError: () => {} },
    );
    openScopes(1_000);
    expect(calls).toBe(1);
    using _ = observe({ opened: () => seen++ });
    openScopes(1_000);
    await turn();
    expect([calls, seen]).toEqual([1, 1_000]);
    await trace[Symbol.asyncDispose]();
    expect(calls).toBe(1);
  });

  it("an error that onError throws is reported as uncaught (N6)", async () => {
    const thrown = new Error("onError");
    const trace = traceTo(() => Promise.reject(error), {
      onError: () => {
        throw thrown;
      },
    });
    openScopes(1);
    expect(await uncaughtDuring(() => trace[Symbol.asyncDispose]())).toEqual([thrown]);
  });

  it("a Writable that is destroyed in the middle fails the trace (N6)", async () => {
    const sink = new Writable({ write: (_, __, callback) => callback() });
    const trace = traceTo(sink);
    openScopes(1_000);
    sink.destroy();
    await turn();
    await expect(trace[Symbol.asyncDispose]()).rejects.toThrow("closed before the trace was complete");
  });
});

describe("a Writable of Node", () => {
  it.each([false, true])(
    "a Writable that was closed before fails the trace, with preventClose %s (N6)",
    async (preventClose) => {
      const sink = new Writable({ write: (_part, _encoding, done) => done() });
      sink.destroy();
      await turn();
      const trace = traceTo(sink, { preventClose });
      openScopes(1);
      await expect(trace[Symbol.asyncDispose]()).rejects.toThrow("closed before the trace was complete");
      sink.on("error", () => {});
    },
  );

  it("a file gets the whole trace, and is closed (N6)", async () => {
    const file = fileIn("trace.json");
    const sink = createWriteStream(file);
    const trace = traceTo(sink);
    openScopes(5_000);
    await trace[Symbol.asyncDispose]();
    expect(sink.writableFinished).toBe(true);
    const text = readFileSync(file, "utf8");
    expect(checkTrace(text)).toEqual([]);
    expect(parseTrace(text).filter(({ ph }) => ph === "e")).toHaveLength(5_000);
  });

  it("a full Writable is waited for, and one that is not to be closed stays open, without listeners (N6)", async () => {
    let text = "";
    const sink = new Writable({
      highWaterMark: 10,
      decodeStrings: false,
      write(part: string, _, callback) {
        text += part;
        setImmediate(callback);
      },
    });
    const trace = traceTo(sink, { preventClose: true });
    openScopes(2_000);
    await turn();
    openScopes(2_000);
    await trace[Symbol.asyncDispose]();
    expect([sink.writableEnded, sink.listenerCount("error"), sink.listenerCount("drain")]).toEqual([false, 0, 0]);
    expect(checkTrace(text)).toEqual([]);
    sink.end();
  });
});

describe("a WritableStream", () => {
  it("gets bytes, one part at a time, and is closed (N6)", async () => {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
    const text = new Response(readable).text();
    const trace = traceTo(writable);
    openScopes(3_000);
    new CancelScope({ name: "naïve ☃" }).close();
    await trace[Symbol.asyncDispose]();
    expect(checkTrace(await text)).toEqual([]);
    expect(await text).toContain("naïve ☃");
  });

  it("can be left open, unlocked (N6)", async () => {
    const parts: string[] = [];
    const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (part) => void parts.push(new TextDecoder().decode(part)),
    });
    const trace = traceTo(writable, { preventClose: true });
    openScopes(10);
    expect(await uncaughtDuring(() => trace[Symbol.asyncDispose]())).toEqual([]);
    expect(writable.locked).toBe(false);
    expect(checkTrace(parts.join(""))).toEqual([]);
    await writable.close();
  });
});
