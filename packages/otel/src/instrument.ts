/// <reference lib="esnext.disposable" preserve="true" />
import { metrics, type Meter, trace, type Tracer } from "@opentelemetry/api";
import type { CancelScope } from "@selvage/scope";
import { checkFunction, checkOptions, dispose, expected } from "@selvage/scope/internal";
import { observe } from "@selvage/scope/lowlevel";
import { Filter } from "./filter.js";
import { makeInstruments } from "./instruments.js";
import { Metrics } from "./metrics.js";
import { Spans } from "./spans.js";
import { together } from "./together.js";

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /** Makes the spans. Default: the global tracer, if neither a tracer nor a meter is given; otherwise there are no spans. */
  readonly tracer?: Tracer | undefined;
  /** Makes the metrics. Default: the global meter, if neither a tracer nor a meter is given; otherwise there are no metrics. */
  readonly meter?: Meter | undefined;
  /**
   * Decides for each root scope whether its tree is recorded. It is called once for each, before anything of the tree is recorded. If it returns
   * `false`, there are neither spans nor metrics of that tree. A scope whose parent is an `AbortSignal` counts as a root. If the filter throws, the
   * error is reported as uncaught and the tree is recorded. Default: every tree is recorded. Sampling is the task of the SDK.
   */
  readonly filter?: ((root: CancelScope) => boolean) | undefined;
  /**
   * What has a span. `"named"`: what was given a name (groups, supervisors, timeouts and other primitives), each task that was given a `name`, and each
   * task of a supervisor. `"all"`: every task and every primitive. A plain `CancelScope` never has a span. Default: `"named"`.
   */
  readonly spans?: "named" | "all" | undefined;
  /** The names that are attributes of metrics. Each adds a time series, so names that contain ids do not belong here. Default: none. */
  readonly metricNames?: readonly string[] | undefined;
}

/** The name under which the global tracer and meter are requested. */
const LIBRARY = "@selvage/otel";

/**
 * Makes OpenTelemetry spans and metrics of all scopes that are opened from now on (N5).
 *
 * The parent of a span follows the scope tree: it is the span of the nearest scope above that has one. At the root it is the span that was active
 * where the root was opened. If none was, it is the span that is active where the scope itself is opened: the task of a supervisor without a span belongs
 * to the request that creates it. Inside a task, the span of the task is the active one, so what other instrumentations record there is below it. This
 * needs a context manager, and in browsers it does not hold after an `await`.
 *
 * A failure sets the status of the span to error, and is recorded as an exception. A cancellation is not an error: the span has attributes that say who
 * was cancelled and why. Scopes that are already open have no spans and are not counted.
 *
 * Call it after the SDK was started, because the global meter of that time is used. An error that the tracer or the meter throws is reported as
 * uncaught, and changes nothing.
 *
 * @returns A handle that ends the instrumentation. Spans that are still open are ended without a status, and what is live no longer counts as live.
 * @throws {TypeError} If an option is of the wrong type. Then nothing is instrumented.
 * @example
 * ```ts
 * import { instrument } from "@selvage/otel";
 * import { TaskGroup } from "@selvage/task-group";
 *
 * using _instrumenting = instrument(); // the global tracer and meter, which the SDK has set
 * const total = await TaskGroup.run(
 *   async (group) => {
 *     const user = group.createTask(async () => 1, { name: "load user" });
 *     const cart = group.createTask(async () => 2, { name: "load cart" });
 *     return (await user) + (await cart);
 *   },
 *   { name: "page" },
 * );
 * console.assert(total === 3); // and there is a span "page" with two spans below it
 * ```
 */
export function instrument(options: InstrumentOptions = {}): Disposable {
  checkOptions(options);
  const { filter: isIncluded, spans = "named", metricNames = [] } = options;
  let { tracer, meter } = options;
  if (tracer !== undefined) checkMembers(tracer, "tracer", "a Tracer", ["startSpan"]);
  if (meter !== undefined) {
    checkMembers(meter, "meter", "a Meter", ["createCounter", "createUpDownCounter", "createHistogram"]);
  }
  if (isIncluded !== undefined) checkFunction(isIncluded, "filter");
  if (!["named", "all"].includes(spans)) throw expected("spans", '"named" or "all"', spans);
  const names = checkNames(metricNames);

  if (tracer === undefined && meter === undefined) {
    tracer = trace.getTracer(LIBRARY);
    meter = metrics.getMeter(LIBRARY);
  }
  const filter = new Filter(isIncluded);
  const metering = meter && new Metrics(makeInstruments(meter), filter, names); // first, because the meter may throw
  const tracing = tracer && new Spans(tracer, filter, spans === "all");
  const observing = observe(metering && tracing ? together(metering, tracing) : (metering ?? tracing)!);
  return {
    [dispose]() {
      observing[dispose]();
      metering?.end();
      tracing?.end();
    },
  };
}

/** Checks that a value has some methods. */
function checkMembers(value: unknown, option: string, kind: string, methods: readonly string[]): void {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject) throw expected(option, kind, value);
  for (const method of methods) {
    const member: unknown = Reflect.get(value, method);
    if (typeof member !== "function") throw expected(`${option}.${method}`, "a function", member);
  }
}

/** Checks the names of metrics, and copies them. */
function checkNames(names: unknown): ReadonlySet<string> {
  if (!Array.isArray(names)) throw expected("metricNames", "an array of strings", names);
  const copy = new Set<string>();
  for (const name of [...(names as readonly unknown[])]) {
    if (typeof name !== "string") throw expected("A name in metricNames", "a string", name);
    copy.add(name);
  }
  return copy;
}
