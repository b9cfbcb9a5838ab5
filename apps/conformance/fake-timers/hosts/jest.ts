/** Jest's fake timers, modern and legacy. The outcomes are written to the file in `OUTCOMES`. */
import { writeFileSync } from "node:fs";
import { jest, test } from "@jest/globals";
import { type FakeTimers, runPrograms } from "../fake-timers.js";
import { advancing, programs } from "../programs.js";

type Options = Parameters<typeof jest.useFakeTimers>[0];

function jestTimers(options?: Options): FakeTimers {
  return {
    enable() {
      jest.useFakeTimers(options);
    },
    advance(ms) {
      jest.advanceTimersByTime(ms);
    },
    restore() {
      jest.useRealTimers();
    },
    reset() {
      jest.clearAllTimers();
    },
    pending: () => jest.getTimerCount(),
    keepsPending: options?.legacyFakeTimers === true,
  };
}

test("programs", async () => {
  const outcomes = [
    ...(await runPrograms("Jest", jestTimers(), programs)),
    ...(await runPrograms("Jest, performance not faked", jestTimers({ doNotFake: ["performance"] }), programs)),
    ...(await runPrograms("Jest, legacy", jestTimers({ legacyFakeTimers: true }), programs)),
    ...(await runPrograms("Jest, moved by the real time", jestTimers({ advanceTimers: true }), advancing)),
  ];
  writeFileSync(process.env["OUTCOMES"]!, JSON.stringify(outcomes));
});
