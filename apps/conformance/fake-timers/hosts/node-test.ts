/** `mock.timers` of `node:test`, which fakes timers and `Date`, but not `performance.now`. */
import { mock } from "node:test";
import { type FakeTimers, runPrograms } from "../fake-timers.js";
import { programs } from "../programs.js";

type Apis = NonNullable<Parameters<typeof mock.timers.enable>[0]>["apis"];

function nodeTest(apis?: Apis): FakeTimers {
  return {
    enable() {
      mock.timers.enable(apis === undefined ? undefined : { apis });
    },
    advance(ms) {
      mock.timers.tick(ms);
    },
    restore() {
      mock.timers.reset();
    },
    firesNested: false,
  };
}

const outcomes = [
  ...(await runPrograms("node:test", nodeTest(), programs)),
  ...(await runPrograms("node:test, setTimeout only", nodeTest(["setTimeout"]), programs)),
];
console.log(JSON.stringify(outcomes));
