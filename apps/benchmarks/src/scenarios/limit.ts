import { time } from "../measure.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies } from "../work.js";

const LIMIT = 8;

const titles = { none: "no await", microtask: "a microtask", macrotask: "a macrotask" } as const;

/** V8 optimises `map` and p-map only after several runs over many items. */
const LONGER = 3;

const cases = [1_000, 100_000].flatMap((n) =>
  (["none", "microtask", "macrotask"] as const).map((body): Case => ({
    id: `${n}-${body}`,
    title: `${n.toLocaleString("en")} items, ${titles[body]} each`,
    unit: "ns",
    floor: "loops",
    n,
    program: "limited",
    variant: body,
    javaScriptOnly: n > 1_000, // elsewhere it costs the same in any number, and takes long
    measure(programs, n, effort) {
      const items = Array.from({ length: n }, (_, index) => index);
      const longer = { ...effort, warmUp: effort.warmUp * LONGER, atMost: effort.atMost * LONGER };
      return time(() => programs.limited!(items, LIMIT, bodies[body]), n, longer);
    },
  })),
);

export const limit: Scenario = {
  id: "E",
  title: "A limit of 8",
  about:
    "A function is called for every item of an array, at most eight calls at a time. The floor is eight loops by hand that share an iterator, and " +
    "collect no results.",
  cases,
};
