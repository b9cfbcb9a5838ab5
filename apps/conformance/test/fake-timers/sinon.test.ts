import FakeTimerLibrary, { type Clock } from "@sinonjs/fake-timers";
import { describe, it } from "vitest";
import { type FakeTimers, programsFor, runProgram } from "../../fake-timers/fake-timers.js";
import { advancing, programs } from "../../fake-timers/programs.js";

type InstallOpts = Parameters<typeof FakeTimerLibrary.install>[0];

function sinon(options?: InstallOpts): FakeTimers {
  let clock: Clock | undefined;
  return {
    enable: () => void (clock = FakeTimerLibrary.install(options)),
    advance: (ms) => void clock!.tick(ms),
    restore() {
      clock?.uninstall();
      clock = undefined;
    },
    reset: () => clock!.reset(),
    pending: () => clock!.countTimers(),
  };
}

const variants: readonly [string, InstallOpts | undefined][] = [
  ["all that it fakes by default", undefined],
  ["the platform's own performance.now", { toFake: ["setTimeout", "clearTimeout", "Date"] }],
];

describe.each(variants)("scopes with @sinonjs/fake-timers: %s", (_, options) => {
  const fake = sinon(options);
  it.each(programsFor(fake, programs))("$title (C1)", (program) => runProgram(program, fake));
});

describe("scopes with @sinonjs/fake-timers that the real time moves", () => {
  it.each(advancing)("$title (C1)", (program) => runProgram(program, sinon({ shouldAdvanceTime: true })));
});
