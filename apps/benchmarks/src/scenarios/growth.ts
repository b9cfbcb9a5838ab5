import { timeOfSize, type Trial } from "../measure.js";
import type { Programs } from "../programs.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies } from "../work.js";

/** The sizes of which the first and the last are compared. */
export const growthSizes = [10_000, 100_000, 1_000_000] as const;

interface Growing {
  readonly id: string;
  readonly title: string;
  readonly program: keyof Programs;
  /** The size of the young generation in MB, in which all that a million allocate has room. */
  readonly room: number;
  readonly prepare: (programs: Programs, n: number) => Trial;
}

const growing: readonly Growing[] = [
  {
    id: "tasks",
    title: "tasks",
    program: "startAndJoin",
    room: 8_192,
    prepare: (programs, n) => ({ run: () => programs.startAndJoin!(n, bodies.microtask) }),
  },
  {
    id: "wide",
    title: "cancelled side by side",
    program: "cancelWide",
    room: 8_192,
    prepare: (programs, n) => ({ run: () => programs.cancelWide!(n) }),
  },
  {
    id: "deep",
    title: "cancelled deep",
    program: "cancelDeep",
    room: 8_192,
    prepare: (programs, n) => ({ run: () => programs.cancelDeep!(n) }),
  },
  {
    id: "failing",
    title: "deep, the leaf's cleanup fails",
    program: "cancelFailing",
    room: 12_288,
    prepare: (programs, n) => ({ run: () => programs.cancelFailing!(n) }),
  },
  {
    id: "restarts",
    title: "restarts in one window",
    program: "restart",
    room: 8_192,
    prepare: (programs, n) => ({ run: () => programs.restart!(n) }),
  },
  {
    id: "looks",
    title: "looks among as many deadlines",
    program: "look",
    room: 8_192,
    prepare: (programs, n) => programs.look!(n),
  },
];

const cases = growing.flatMap(({ id, title, program, room, prepare }) =>
  growthSizes.map((n): Case => ({
    id: `${id}-${n}`,
    title: `${n.toLocaleString("en")}: ${title}`,
    unit: "ns",
    n,
    javaScriptOnly: true,
    only: ["allSettled", "rejectedByHand", "groupByHand", "taskGroup", "supervisor", "gather", "scope"],
    rounds: 2,
    atMost: 60_000,
    // Nothing is collected: what is alive at once would be copied again and again, which is not linear for the platform, either.
    nodeFlags: [`--min-semi-space-size=${room}`, `--max-semi-space-size=${room}`, "--max-old-space-size=6144"],
    program,
    measure: (programs, n, effort) => timeOfSize((n) => prepare(programs, n), n, effort),
  })),
);

export const growth: Scenario = {
  id: "I",
  title: "Growth",
  about:
    "What one item costs when there are 10,000, 100,000 and 1,000,000, absolute. The young generation is large enough that nothing is collected while " +
    "this is measured (this needs 12 GB of memory): the collector copies what is alive, so with it the platform's own promises cost several times as much in large " +
    "numbers. Every size is warmed up with 10,000 items.",
  cases,
};
