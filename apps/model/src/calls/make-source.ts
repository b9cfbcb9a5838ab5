import type { VirtualClock } from "@selvage/testing";
import { ProgramError } from "../trace.js";
import type { Call } from "./call.js";

type Step = IteratorResult<number, undefined>;
type Items = Iterable<number> | AsyncIterable<number>;

/** Makes the source of a call, which records each call of its `next` and its `return`. Its items are 0, 1, 2 … */
export function makeSource(
  { works, source }: Call,
  clock: VirtualClock,
  log: (text: string) => void,
): Items | (() => Items) {
  let steps = 0;
  const step = (index: number): Step => {
    if (index === source.fails) throw new ProgramError(200);
    return index < works.length ? { done: false, value: index } : { done: true, value: undefined };
  };
  const next = (): number => {
    log(`next ${steps}`);
    return steps++;
  };
  const later = async <T>(ms: number, end: () => T): Promise<T> => {
    await new Promise<void>((resolve) => {
      clock.setTimer(resolve, ms);
    });
    return end();
  };
  const { release } = source;
  const released = (): Step => {
    if (release !== "hangs" && release !== "none" && release.fails) throw new ProgramError(300);
    return { done: true, value: undefined };
  };
  const called = (): void => {
    log("return");
  };
  const never = new Promise<never>(() => {});

  const sync: Iterable<number> = {
    [Symbol.iterator]: () => ({
      next: () => step(next()),
      ...(release === "none" ? {} : { return: () => (called(), released()) }),
    }),
  };
  const async: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const index = next();
        return index === source.hangs ? never : later(source.ms, () => step(index));
      },
      ...(release === "none"
        ? {}
        : { return: () => (called(), release === "hangs" ? never : later(release.ms, released)) }),
    }),
  };
  const items = source.isAsync ? async : sync;
  return source.made ? () => items : items;
}
