/// <reference lib="esnext.disposable" preserve="true" />
import type { Clock } from "@selvage/scope";
import {
  asyncDispose,
  checkClock,
  checkCount,
  checkFunction,
  checkName,
  checkOptions,
  dispose,
  expected,
  platformClock,
} from "@selvage/scope/internal";
import { observe } from "@selvage/scope/lowlevel";
import { TimeAxis } from "./events/time-axis.js";
import { whereAmI } from "./events/trace-event.js";
import { TreeTracer } from "./events/tree-tracer.js";
import type { TraceSink } from "./output/trace-sink.js";
import { TraceWriter } from "./output/trace-writer.js";

/** How {@link traceTo} traces. */
export interface TraceOptions {
  /** The name of the process in the trace. Default: "Selvage". */
  readonly name?: string | undefined;
  /** The clock of the time axis, on which all scopes lie, whatever their own clocks. Default: the platform's. */
  readonly clock?: Clock | undefined;
  /**
   * How many characters may wait for a slow sink. Then further scopes, instants and counters are left out, and the trace says how many. Ends are
   * always written. Default: 16,777,216.
   */
  readonly maxPending?: number | undefined;
  /** Whether the sink is left open at the end. Default: false. */
  readonly preventClose?: boolean | undefined;
  /** Called once if the sink fails. Default: disposing of the trace rejects with the error. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Writes what happens from now on, in all trees, as a trace file that [Perfetto](https://ui.perfetto.dev) opens: Chrome's JSON format (N6).
 *
 * Each scope and task is a slice from its opening to its close, with its kind, its parent, and how it ended. Inside it are slices for the time in the
 * queue and for waits. An arrow goes from each cancellation to everything that it cancelled. Failures and restarts are instants, the phases of a
 * shutdown are slices, and counters show how many tasks and scopes are live, running, queued, and waiting to restart. A scope that was opened before
 * is shown from its next event on.
 *
 * The sink is a function, a `WritableStream` or a Node `Writable`. It gets whole events, at most 10 ms late. If it is slow, memory stays bounded
 * (`maxPending`). If it fails, the tracing ends, and the program is not affected.
 *
 * Disposing removes the observer, ends what is open, writes the rest, and waits for the sink. It is idempotent. If the process dies before, the
 * file lacks the last events and the closing bracket, and Perfetto opens it all the same. At `process.exit`, the events of the last 10 ms are lost.
 *
 * The work of the sink must not use scopes, because they are traced as well. The cost is some microseconds for each scope.
 *
 * @returns A handle for `await using`, or for `await trace[Symbol.asyncDispose]()`. Disposing rejects with the error of the sink, unless there
 * is an `onError`.
 * @throws {TypeError} If the sink is not one, is a web stream that is locked, or an option is of the wrong type.
 * @throws {RangeError} If `maxPending` is not a positive integer. If the clock throws, the call throws that error.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { traceTo } from "@selvage/trace";
 *
 * let text = "";
 * {
 *   await using trace = traceTo((part) => (text += part));
 *   await CancelScope.run((scope) => scope.sleep(1), { name: "nap" });
 * }
 * const events = JSON.parse(text) as { name: string; ph: string }[];
 * console.assert(events.filter(({ name }) => name === "nap").map(({ ph }) => ph).join() === "b,e");
 * ```
 */
export function traceTo(sink: TraceSink, options: TraceOptions = {}): AsyncDisposable {
  checkOptions(options);
  const { name = "Selvage", clock, maxPending = 2 ** 24, preventClose = false, onError } = options;
  checkName(name, "The name of a trace");
  checkClock(clock);
  checkCount("maxPending", maxPending);
  if (typeof preventClose !== "boolean") throw expected("preventClose", "a boolean", preventClose);
  if (onError !== undefined) checkFunction(onError, "onError");
  const axis = new TimeAxis(clock ?? platformClock());
  const registered: { observing?: Disposable } = {};
  const stopped = (): void => registered.observing?.[dispose]();
  const writer = new TraceWriter(sink, { maxPending, preventClose, onError, stopped });
  const { pid, tid } = whereAmI();
  writer.write({ name: "process_name", ph: "M", ts: 0, args: { name } });
  writer.write({ name: "thread_name", ph: "M", ts: 0, args: { name: tid === pid ? "main" : `worker ${tid}` } });
  const tracer = new TreeTracer(writer, axis);
  registered.observing = observe(tracer);
  let ended: Promise<void> | undefined;
  return {
    [asyncDispose]() {
      if (ended === undefined) {
        stopped();
        ended = writer.end(tracer.end());
      }
      return ended;
    },
  };
}
