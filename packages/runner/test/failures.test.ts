import { ExceptionGroup, InvalidStateError } from "@selvage/scope";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Failures } from "../src/failures.js";

Error.stackTraceLimit = 0;

function failuresOf(...errors: readonly unknown[]): Failures {
  const failures = new Failures();
  for (const error of errors) failures.add(error);
  return failures;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("Failures", () => {
  it("the combined failure is the error itself if there is one, otherwise a group of all in order of arrival (R3)", () => {
    const [one, two] = [new Error("one"), new Error("two")];
    expect(failuresOf(one).error).toBe(one);
    const group = failuresOf(one, two).error as ExceptionGroup;
    expect(group).toBeInstanceOf(ExceptionGroup);
    expect([group.message, group.errors]).toEqual(["2 errors ended the program", [one, two]]);
  });

  it("the group lists an object once, and equal primitives each (R3)", () => {
    const error = new Error("one");
    const sole = (): void => {};
    expect(failuresOf(error, "text", error, sole, "text", undefined, sole)).toHaveProperty("size", 5);
  });

  it("each error is printed once, whenever it comes (R1, R3)", () => {
    const failures = failuresOf(new Error("one"));
    expect(failures.take()).toBe("Error: one\n");
    expect(failures.take()).toBe("");
    failures.add(new TypeError("two"));
    failures.add(new TypeError("three"));
    expect(failures.take()).toBe(
      "ExceptionGroup: 2 errors ended the program\n├── 1: TypeError: two\n└── 2: TypeError: three\n",
    );
    expect(failures.size).toBe(3);
  });

  it("all errors are printed, however many there are, and a hundred of any other group (R3, E7)", () => {
    const errors = (count: number): Error[] => Array.from({ length: count }, (_, index) => new Error(`e${index}`));
    expect(
      failuresOf(...errors(250))
        .take()
        .match(/Error: e/g),
    ).toHaveLength(250);
    expect(
      failuresOf(new AggregateError(errors(101)))
        .take()
        .match(/Error: e/g),
    ).toHaveLength(100);
  });

  it("each member of the error that a down-levelled `using` throws is printed once (R1)", () => {
    const error = Object.assign(new Error("An error was suppressed during disposal."), {
      name: "SuppressedError",
      error: new Error("disposes"),
      suppressed: new TypeError("runs"),
    });
    expect(failuresOf(error).take()).toBe(
      "SuppressedError: An error was suppressed during disposal.\n├── 1: Error: disposes\n└── 2: TypeError: runs\n",
    );
  });

  it("onError gets all errors so far, and errors that come meanwhile are printed (R3)", async () => {
    const failures = failuresOf(new Error("one"), new Error("two"));
    const reported: unknown[] = [];
    await failures.reportTo(async (error) => {
      reported.push(...(error as ExceptionGroup).errors);
      await Promise.resolve();
      failures.add(new Error("three"));
    });
    expect(reported.map(String)).toEqual(["Error: one", "Error: two"]);
    expect(failures.take()).toBe("Error: three\n");
  });

  it("errors that onError has not handled yet are printed (R2)", () => {
    const failures = failuresOf(new Error("one"));
    void failures.reportTo(() => new Promise(() => {}));
    expect(failures.take()).toBe("Error: one\n");
  });

  it.each([
    ["throws", () => raise()],
    ["rejects", () => Promise.reject(new InvalidStateError("onError failed"))],
  ])("errors that onError got are printed together with its own error if it %s (R1)", async (_, onError) => {
    const failures = failuresOf(new Error("one"));
    await failures.reportTo(() => {
      failures.add(new Error("late"));
      return onError();
    });
    expect(failures.take()).toBe(
      "ExceptionGroup: 2 errors ended the program\n" +
        "├── 1: ExceptionGroup: onError failed; it was called with the first of these\n" +
        "│   ├── 1: Error: one\n" +
        "│   └── 2: InvalidStateError: onError failed\n" +
        "└── 2: Error: late\n",
    );
  });

  it.each([
    ["standard error is a terminal", true, undefined, true],
    ["NO_COLOR is set", true, "1", false],
    ["standard error is not a terminal, whatever standard output is", undefined, undefined, false],
  ])("the print is in colour or not if %s", (_, isTTY, noColor, isColoured) => {
    vi.stubEnv("NO_COLOR", noColor);
    vi.spyOn(process, "stderr", "get").mockReturnValue({ isTTY } as unknown as typeof process.stderr);
    vi.spyOn(process, "stdout", "get").mockReturnValue({ isTTY: true } as unknown as typeof process.stdout);
    expect(failuresOf(new Error("one")).take().includes("\x1b[31m")).toBe(isColoured);
  });

  it("the print is without colour if the environment may not be read", () => {
    vi.spyOn(process, "stderr", "get").mockReturnValue({ isTTY: true } as unknown as typeof process.stderr);
    vi.spyOn(process, "env", "get").mockImplementation(() => raise());
    expect(failuresOf(new Error("one")).take()).toBe("Error: one\n");
  });
});

function raise(): never {
  throw new InvalidStateError("onError failed");
}
