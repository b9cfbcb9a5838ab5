import { time } from "../measure.js";
import type { Case, Scenario } from "../scenario.js";

const sizes = [1_000, 10_000, 100_000];

const wide = sizes.map((n): Case => ({
  id: `wide-${n}`,
  title: `${n.toLocaleString("en")} side by side`,
  unit: "ns",
  floor: "byHand",
  n,
  program: "cancelWide",
  measure: (programs, n, effort) => time(() => programs.cancelWide!(n), n, effort),
}));

const deep = sizes.map((n): Case => ({
  id: `deep-${n}`,
  title: `${n.toLocaleString("en")} deep`,
  unit: "ns",
  floor: "byHand",
  n,
  program: "cancelDeep",
  measure: (programs, n, effort) => time(() => programs.cancelDeep!(n), n, effort),
}));

const ours = ["taskGroup", "supervisor", "scope"];

export const cancel: Scenario = {
  id: "B",
  title: "Cancel, until all have ended",
  about:
    "So many tasks are started, wait for ever, are cancelled by one call, and are waited for; starting them is included. Side by side they " +
    "have one owner; deep, each owns the next, in a group or a scope of its own, and ends after it. The floor is promises that are " +
    "resolved by hand, one by one, so that the tasks end as if they had succeeded: it is linear in the number of tasks, and who stays " +
    "within a multiple of it is, too. Everywhere else a task is cancelled by an error that is thrown where it waits; the line below the " +
    "floor is what that alone costs the platform.",
  cases: [...wide, ...deep],
  goals: [
    { text: "at most 1.5 times promises resolved by hand", of: ours, limit: { times: 1.5, of: ["byHand"] } },
    { text: "ahead of every JavaScript peer", of: ours, limit: { times: 1, of: "every peer" } },
  ],
};
