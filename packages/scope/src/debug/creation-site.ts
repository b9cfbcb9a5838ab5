/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";
import { setFailureSites } from "../error/error-children.js";
import type { Clock } from "../time/clock.js";
import { dispose } from "../support/symbols.js";
import type { Observer } from "../tree/observer.js";
import { observe } from "./observe.js";

interface Recorded {
  readonly stack: string;
  /** When, on the scope's clock; `undefined` if that threw. */
  readonly time: number | undefined;
}

/** Where scopes were created, as far as that was recorded: off by default, as a stack costs more than the scope. */
const stacks = new WeakMap<CancelScope, Recorded>();
/** By the error of a task that failed: the task's scope. */
const failures = new WeakMap<object, CancelScope>();
let recorders = 0;
/** The registration of {@link recorder} while a recording runs. */
let observing: Disposable | undefined;

/**
 * Records from now on where every scope and task is created, for `describeTree` and `watchStragglers` to tell. It costs a stack trace
 * each: for debugging, not for production's hot paths.
 *
 * @returns A handle that ends the recording, unless somebody else wants it too.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { describeTree, recordCreationSites } from "@selvage/scope/debug";
 *
 * using recording = recordCreationSites();
 * using scope = new CancelScope({ name: "import" });
 * console.assert(describeTree(scope).includes("created at"));
 * ```
 */
export function recordCreationSites(): Disposable {
  let isRecording = true;
  if (recorders++ === 0) observing = observe(recorder);
  return {
    [dispose]() {
      if (isRecording && --recorders === 0) observing![dispose]();
      isRecording = false;
    },
  };
}

const recorder: Observer = {
  opened(scope) {
    stacks.set(scope, { stack: currentStack(), time: timeOn(scope.clock) });
  },
  // Of several tasks with one error, the first counts.
  closed(scope, { error }) {
    const isTask = typeof scope._label === "object" && scope._label.kind === "task";
    if (isTask && typeof error === "object" && error !== null && !failures.has(error)) failures.set(error, scope);
  },
};

/** The time; `undefined` if the clock throws, which the program has not read. */
function timeOn(clock: Clock): number | undefined {
  try {
    return clock.now();
  } catch {
    return undefined;
  }
}

/** The frames of this project come first, and V8 keeps ten by default. */
function currentStack(): string {
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  try {
    (Error as { stackTraceLimit?: number }).stackTraceLimit = (stackTraceLimit ?? 10) + 10;
    return new Error().stack ?? "";
  } finally {
    (Error as { stackTraceLimit?: number }).stackTraceLimit = stackTraceLimit!;
  }
}

setFailureSites((error) => {
  const scope = failures.get(error as object);
  return scope && creationOf(scope)?.site;
});

/** This file, on top of every stack: what lies in the packages beside its own is no user's, whatever a user's folders are called. */
const HERE = /^\s*(?:at (?:.*\()?|[^@]*@)(.*[/\\])scope[/\\](?:src|dist|bundle)[/\\](?:debug[/\\])?creation-site\./;
const OWN = /^(?:scope|task-group|supervisor|timeout|runner)[/\\](?:src|dist|bundle)[/\\]/;

/** When and where a scope was created, if that was recorded. */
export function creationOf(
  scope: CancelScope,
): { readonly time: number | undefined; readonly site: string | undefined } | undefined {
  const recorded = stacks.get(scope);
  return recorded && { time: recorded.time, site: siteIn(recorded.stack) };
}

/** The first line of a stack that is not this project's own. Unknown where a bundler has put all into one file. */
function siteIn(stack: string): string | undefined {
  const frames = stack.split("\n").filter((line) => /^\s+at |@/.test(line));
  const here = frames.map((line) => HERE.exec(line)?.[1]).find((folder) => folder !== undefined);
  if (here === undefined) return undefined;
  const isOwn = (line: string): boolean =>
    [here, "/@selvage/", "\\@selvage\\"].some((folder) => OWN.test(line.slice(endOf(folder, line))));
  return frames
    .find((line) => !isOwn(line))
    ?.trim()
    .replace(/^at /, "");
}

function endOf(folder: string, line: string): number {
  const start = line.indexOf(folder);
  return start < 0 ? line.length : start + folder.length;
}
