import { describe, it, vi } from "vitest";
import { type FakeTimers, programsFor, runProgram } from "../../fake-timers/fake-timers.js";
import { advancing, programs } from "../../fake-timers/programs.js";

type Options = Parameters<typeof vi.useFakeTimers>[0];

function vitest(options?: Options): FakeTimers {
  return {
    enable: () => void vi.useFakeTimers(options),
    advance: (ms) => void vi.advanceTimersByTime(ms),
    restore: () => void vi.useRealTimers(),
    reset: () => void vi.clearAllTimers(),
    pending: () => vi.getTimerCount(),
  };
}

const variants: readonly [string, Options][] = [
  ["all that it fakes by default", undefined],
  ["timers and the time", { toFake: ["setTimeout", "clearTimeout", "performance"] }],
  ["timers, and the platform's own time", { toFake: ["setTimeout", "clearTimeout"] }],
  [
    "timers and Date, and the platform's own performance.now",
    { toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "Date"] },
  ],
];

describe.each(variants)("scopes with vitest's fake timers: %s", (_, options) => {
  const fake = vitest(options);
  it.each(programsFor(fake, programs))("$title (C1)", (program) => runProgram(program, fake));
});

describe("scopes with vitest's fake timers that advance with real time", () => {
  it.each(advancing)("$title (C1)", (program) => runProgram(program, vitest({ shouldAdvanceTime: true })));
});
