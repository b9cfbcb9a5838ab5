import { time } from "../measure.js";
import type { Case, Scenario } from "../scenario.js";
import { bodies } from "../work.js";

const base = { unit: "ns", floor: "taskGroup", program: "observed", javaScriptOnly: true, n: 1_000 } as const;

const cases = ([false, true] as const).map((isNamed): Case => ({
  ...base,
  id: isNamed ? "1000-named" : "1000-unnamed",
  title: `1,000 tasks ${isNamed ? "with a name" : "without a name"}, a microtask each`,
  measure: (programs, n, effort) => time(() => programs.observed!(n, bodies.microtask, isNamed), n, effort),
}));

export const observing: Scenario = {
  id: "J",
  title: "Observing",
  about:
    "Tasks are started in a named group and waited for, while something observes them. The floor is the same group without observers. *Spans*: " +
    "`instrument` with the tracer of the OpenTelemetry SDK, which records spans and exports none. By default a task has a span only if it was given a name. " +
    "*Metrics*: `instrument` with the SDK's meter, without spans.",
  cases,
};
