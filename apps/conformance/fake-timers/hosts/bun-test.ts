/**
 * The fake timers of `bun:test`, which keep the identity of `setTimeout`. The outcomes are written to the file in
 * `OUTCOMES`.
 */
import { writeFileSync } from "node:fs";
import { jest, test } from "bun:test";
import { type FakeTimers, runPrograms } from "../fake-timers.js";
import { programs } from "../programs.js";

const fake: FakeTimers = {
  enable() {
    jest.useFakeTimers();
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
};

test("programs", async () => {
  writeFileSync(process.env["OUTCOMES"]!, JSON.stringify(await runPrograms("bun:test", fake, programs)));
});
