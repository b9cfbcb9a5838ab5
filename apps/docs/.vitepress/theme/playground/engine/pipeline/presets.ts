import type { Plan } from "./plan.js";

/** An example of a pipeline. */
export interface PipelinePreset {
  /** Its name in links. */
  readonly id: string;
  readonly title: string;
  /** What the example shows, and why. */
  readonly lesson: string;
  readonly plan: Plan;
}

const slowEnd = { read: 20, transform: 40, write: 100 };

export const pipelinePresets: readonly [PipelinePreset, ...PipelinePreset[]] = [
  {
    id: "slow-end",
    title: "A slow stage pushes back",
    lesson:
      "`write` is slow. `rows` fills, and `transform` waits for room. Then `lines` fills, and `read` waits, too. No stage runs ahead by more than the channels hold, however long the input is.",
    plan: { items: 10, capacity: 2, takes: slowEnd, failsAt: undefined },
  },
  {
    id: "hand-to-hand",
    title: "From hand to hand",
    lesson:
      "With `capacity: 0` a channel holds nothing: `send` waits until the next stage receives the item. Each stage still works on one item while the next works on another.",
    plan: { items: 8, capacity: 0, takes: slowEnd, failsAt: undefined },
  },
  {
    id: "slow-start",
    title: "A slow source",
    lesson:
      "`read` is slow, so the others wait for items, and the channels stay empty. A larger capacity would change nothing.",
    plan: { items: 8, capacity: 2, takes: { read: 100, transform: 40, write: 20 }, failsAt: undefined },
  },
  {
    id: "no-limit",
    title: "Without a limit",
    lesson:
      "With `capacity: Infinity` nothing pushes back. The run takes as long as with a capacity of 2, because `write` is the slowest. But the items pile up in memory.",
    plan: { items: 10, capacity: Infinity, takes: slowEnd, failsAt: undefined },
  },
  {
    id: "fails",
    title: "A stage fails",
    lesson:
      "`transform` fails at the fifth item. The group cancels `read`, which waits for room, and `write`, which works. When both have stopped, the caller gets the error.",
    plan: { items: 10, capacity: 1, takes: { read: 20, transform: 60, write: 90 }, failsAt: 5 },
  },
];
