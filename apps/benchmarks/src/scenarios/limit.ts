import { time } from "../measure.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies } from "../work.js";

const LIMIT = 8;

const cases = (["microtask", "macrotask"] as const).map((body): Case => ({
  id: body,
  title: `100,000 items, a ${body} each`,
  unit: "ns",
  floor: "byHand",
  n: 100_000,
  program: "limited",
  variant: body,
  measure(programs, n, effort) {
    const items = Array.from({ length: n }, (_, index) => index);
    return time(() => programs.limited!(items, LIMIT, bodies[body]), n, effort);
  },
}));

const ours = ["taskGroup", "gather"];

export const limit: Scenario = {
  id: "E",
  title: "A limit of 8",
  about:
    "A function is called for every item of an array, at most eight calls at a time. The floor is eight loops by hand that share an " +
    "iterator, and collect no results.",
  cases,
  goals: [
    { text: "ahead of p-map", of: ours, limit: { times: 1, of: ["pMap"] } },
    { text: "ahead of p-limit", of: ours, limit: { times: 1, of: ["pLimit"] } },
  ],
};
