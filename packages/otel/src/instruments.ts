import type { Counter, Histogram, Meter, UpDownCounter } from "@opentelemetry/api";

/** The instruments of the metrics. All have the attribute `selvage.kind`, and `selvage.name` for the names that were listed. */
export interface Instruments {
  readonly live: UpDownCounter;
  readonly queued: UpDownCounter;
  readonly started: Counter;
  readonly fulfilled: Counter;
  readonly rejected: Counter;
  readonly cancelled: Counter;
  readonly restarts: Counter;
  readonly quiescence: Histogram;
}

/** The boundaries of the histogram, in seconds: those that OpenTelemetry recommends for the duration of requests, and three longer ones. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300];

/** Makes the instruments. */
export function makeInstruments(meter: Meter): Instruments {
  const counter = (name: string, description: string): Counter =>
    meter.createCounter(`selvage.task.${name}`, { description, unit: "{scope}" });
  const upDown = (name: string, description: string): UpDownCounter =>
    meter.createUpDownCounter(`selvage.task.${name}`, { description, unit: "{scope}" });
  return {
    live: upDown("live", "Open tasks and scopes, including queued tasks"),
    queued: upDown("queued", "Tasks that wait for their turn under a limit"),
    started: counter("started", "Functions of tasks, bodies and runs that were called"),
    fulfilled: counter("completed", "Tasks and scopes that ended without a failure or a cancellation"),
    rejected: counter("failed", "Tasks and scopes that failed"),
    cancelled: counter("cancelled", "Tasks and scopes that were cancelled"),
    restarts: counter("restarts", "Runs of tasks that were started again"),
    quiescence: meter.createHistogram("selvage.cancel.duration", {
      description: "Time from a cancellation until everything below the cancelled scope has ended",
      unit: "s",
      advice: { explicitBucketBoundaries: BOUNDARIES },
    }),
  };
}
