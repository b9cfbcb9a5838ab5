/** Results that were not measured. */
import type { Figure } from "../src/figure.js";
import type { CaseResult } from "../src/runner.js";
import type { Case, Scenario } from "../src/scenario.js";

/** A figure for each round. */
type Figures = Readonly<Record<string, readonly (number | Figure)[]>>;

export function resultOf(
  figures: Figures,
  of: Partial<Case> = {},
  failures: Readonly<Record<string, string>> = {},
): CaseResult {
  const measured: Case = {
    id: "some",
    title: "some tasks",
    unit: "ns",
    floor: "promiseAll",
    n: 1,
    program: "startAndJoin",
    measure: () => Promise.reject(new Error("expected no measurement")),
    ...of,
  };
  const scenario: Scenario = { id: "Z", title: "Sleep", about: "Whether it sleeps.", cases: [measured] };
  return {
    scenario,
    measured,
    figures: new Map(Object.entries(figures).map(([name, own]) => [name, own.map(toFigure)])),
    failures: new Map(Object.entries(failures)),
  };
}

function toFigure(figure: number | Figure): Figure {
  return typeof figure === "number" ? { value: figure } : figure;
}
