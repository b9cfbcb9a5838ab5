import type { Counter, Meter } from "@opentelemetry/api";

/** What the service counts, beside what is counted of its tasks. */
const COUNTED = {
  accepted: "Events that were stored and answered with 202",
  delivered: "Events that a destination has taken",
  round_failed: "Rounds of attempts that have failed",
  shed: "Requests that were answered with 503 because too many waited",
} as const;

/** The service's own metrics. */
export class Meters {
  readonly #counters: Map<string, Counter>;

  constructor(meter: Meter) {
    this.#counters = new Map(
      Object.entries(COUNTED).map(([name, description]) => {
        const counter = meter.createCounter(`webhooks.${name}`, { description });
        counter.add(0); // so that the first failure is a change of the rate
        return [name, counter];
      }),
    );
  }

  count(what: keyof typeof COUNTED): void {
    this.#counters.get(what)!.add(1);
  }
}
