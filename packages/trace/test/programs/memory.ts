/** Opens many scopes under each observer; prints how many bytes are kept for each. */
import { CancelScope } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { publish, traceTo, userTiming } from "../../src/index.js";
import { LiveRoots } from "../../src/register/live-roots.js";

const rounds = Number(process.env["ROUNDS"] ?? 50_000);

async function openScopes(count: number, isClosed: boolean): Promise<void> {
  for (let scope = 0; scope < count; scope++) {
    const opened = new CancelScope({ name: "a" });
    if (isClosed) opened.close();
    if (scope % 1_000 === 0) await nextTurn();
  }
}

async function keptBy(observeIt: () => () => unknown, isClosed: boolean): Promise<number> {
  const stop = observeIt();
  await openScopes(rounds, isClosed); // hash tables keep the size that they once had
  await heapUsed();
  const before = await heapUsed();
  await openScopes(rounds, isClosed);
  await heapUsed();
  const after = await heapUsed();
  await stop();
  return (after - before) / rounds;
}

const roots = new LiveRoots();
const observers = {
  traceTo: () => {
    const trace = traceTo(() => {});
    return () => trace[Symbol.asyncDispose]();
  },
  userTiming: () => {
    const timing = userTiming();
    return () => timing[Symbol.dispose]();
  },
  publish: () => {
    const publishing = publish();
    return () => publishing[Symbol.dispose]();
  },
  register: () => {
    const observing = observe(roots);
    return () => observing[Symbol.dispose]();
  },
};
const kept: Record<string, number> = {};
for (const [name, observeIt] of Object.entries(observers)) {
  kept[`${name}, closed`] = await keptBy(observeIt, true);
  kept[`${name}, never closed`] = await keptBy(observeIt, false);
}

let text = "";
const trace = traceTo((part) => (text += part));
await openScopes(1, false);
for (let round = 0; round < 3; round++) await heapUsed();
await trace[Symbol.asyncDispose]();
const abandoned = /"ph":"e".*"status":"([^"]*)"/.exec(text)?.[1];
console.log(JSON.stringify({ kept, roots: roots.size, abandoned }));
