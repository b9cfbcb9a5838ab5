/// <reference lib="esnext.disposable" preserve="true" />
import { Alarm } from "../time/alarm.js";
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { recordCreationSites } from "./creation-site.js";
import { describeLive } from "./describe-tree.js";
import { liveScope, walk } from "./live-scope.js";
import { checkFunction, checkOptions, checkTime } from "../support/arguments.js";
import { observe } from "./observe.js";
import { dispose } from "../support/symbols.js";
import { TaskRecord } from "../task/task-record.js";

/** Which tasks are stragglers, and how they are reported. */
export interface StragglerOptions {
  /** How long a cancelled task may take to end, in milliseconds on its scope's clock. Default: 5,000. */
  readonly after?: number | undefined;
  /** Receives the text of the report: a line that says what was cancelled, and a line for each straggler. Default: `console.error`. */
  readonly report?: ((text: string) => void) | undefined;
}

/**
 * Reports, from now on, tasks that do not end although they were cancelled, because they ignore their scope or their cleanup hangs. Each straggler is
 * reported once per cancellation, with its age and creation site.
 *
 * Use it for debugging: it records creation sites ({@link recordCreationSites}), and sets an alarm at every cancellation of tasks. The alarms do
 * not keep the process alive.
 *
 * @returns A handle that ends the watch.
 * @throws {TypeError} If an option is of the wrong type.
 * @example
 * ```ts
 * import { watchStragglers } from "@selvage/scope/debug";
 * import { TaskGroup } from "@selvage/task-group";
 *
 * using watch = watchStragglers({ after: 5, report: (text) => console.assert(text.includes('task "deaf"')) });
 * await TaskGroup.run((group) => {
 *   group.createTask(() => new Promise<void>((resolve) => setTimeout(resolve, 20)), { name: "deaf" });
 *   group.cancel("enough");
 * });
 * ```
 */
export function watchStragglers(options: StragglerOptions = {}): Disposable {
  checkOptions(options);
  const {
    after = 5_000,
    report = (text) => {
      console.error(text);
    },
  } = options;
  checkTime(after, "The time after which a task is a straggler");
  checkFunction(report, "The report");
  const recording = recordCreationSites();
  const alarms = new Set<Alarm>();
  const cancelled = (root: CancelScope): void => {
    if (root._firstChild === undefined && !(root._label instanceof TaskRecord)) return; // nothing to wait for
    const notify = (): void => {
      alarms.delete(alarm);
      const stragglers = [...walk(root)]
        .filter((scope) => isStraggling(scope, root._reason!))
        .map((scope) => describeLive(liveScope(scope)));
      if (stragglers.length > 0)
        report(`Still running ${after} ms after ${root._reason!.message}:\n  ${stragglers.join("\n  ")}`);
    };
    const alarm = new Alarm(notify, { clock: root.clock });
    alarms.add(alarm);
    alarm.set(root.clock.now() + after);
  };
  const observing = observe({ cancelled });
  return {
    [dispose]() {
      observing[dispose]();
      for (const alarm of alarms) alarm.clear();
      alarms.clear();
      recording[dispose]();
    },
  };
}

/** Whether a scope belongs to a task that this cancellation reached and that has not ended. */
function isStraggling(scope: CancelScope, reason: CancelledError): boolean {
  return scope._label instanceof TaskRecord && !scope._label.done && scope._reason === reason;
}
