/** Results that nobody measured. */
import type { CaseResult } from "../src/runner.js";
import type { Case, Goal, Scenario } from "../src/scenario.js";

export function resultOf(
  figures: Readonly<Record<string, readonly number[]>>,
  { goals = [], ...of }: Partial<Case> & { readonly goals?: readonly Goal[] } = {},
  failures: Readonly<Record<string, string>> = {},
): CaseResult {
  const measured: Case = {
    id: "some",
    title: "some tasks",
    unit: "ns",
    floor: "promiseAll",
    n: 1,
    program: "startAndJoin",
    measure: () => Promise.reject(new Error("expected nobody to measure")),
    ...of,
  };
  const scenario: Scenario = { id: "Z", title: "Sleep", about: "Whether it sleeps.", cases: [measured], goals };
  return {
    scenario,
    measured,
    figures: new Map(Object.entries(figures)),
    failures: new Map(Object.entries(failures)),
  };
}
