/** `@sinonjs/fake-timers`, which Sinon uses. They also fake `nextTick`, which a test runner in this process would need. */
import FakeTimerLibrary, { type Clock } from "@sinonjs/fake-timers";
import { type FakeTimers, runPrograms } from "../fake-timers.js";
import { advancing, programs } from "../programs.js";

type Options = Parameters<typeof FakeTimerLibrary.install>[0];

function sinon(options?: Options): FakeTimers {
  let clock: Clock | undefined;
  return {
    enable() {
      clock = FakeTimerLibrary.install(options);
    },
    advance(ms) {
      clock!.tick(ms);
    },
    restore() {
      clock?.uninstall();
      clock = undefined;
    },
    reset() {
      clock!.reset();
    },
    pending: () => clock!.countTimers(),
  };
}

const outcomes = [
  ...(await runPrograms("sinon", sinon(), programs)),
  ...(await runPrograms(
    "sinon, performance not faked",
    sinon({ toFake: ["setTimeout", "clearTimeout", "Date"] }),
    programs,
  )),
  ...(await runPrograms("sinon, moved by the real time", sinon({ shouldAdvanceTime: true }), advancing)),
];
console.log(JSON.stringify(outcomes));
