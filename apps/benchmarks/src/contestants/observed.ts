import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { instrument } from "@selvage/otel";
import { observe } from "@selvage/scope/lowlevel";
import type { Programs } from "../programs.js";
import { programs } from "./task-group.js";

/** Runs tasks of a named group after the observing has begun. It begins at the first call, because a process loads a contestant before it measures it, and never ends. */
function observedBy(begin: () => unknown): Programs {
  let hasBegun = false;
  return {
    observed(...args) {
      if (!hasBegun) begin();
      hasBegun = true;
      return programs.observed!(...args);
    },
  };
}

/** An observer with all members that a scope calls, which do nothing. */
export const emptyObserver: Programs = observedBy(() =>
  observe({ opened() {}, started() {}, cancelled() {}, closed() {}, run: (_, fn) => fn() }),
);

function spans(which: "named" | "all"): void {
  const provider = new NodeTracerProvider();
  provider.register(); // with the context manager
  instrument({ tracer: provider.getTracer("bench"), spans: which });
}

export const namedSpans: Programs = observedBy(() => {
  spans("named");
});

export const allSpans: Programs = observedBy(() => {
  spans("all");
});

export const metrics: Programs = observedBy(() => {
  instrument({ meter: new MeterProvider().getMeter("bench") });
});
