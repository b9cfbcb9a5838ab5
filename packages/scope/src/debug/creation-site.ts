/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";
import { setFailureSites } from "../error/error-children.js";
import type { Clock } from "../time/clock.js";
import { dispose } from "../support/symbols.js";
import type { Observer } from "../tree/observer.js";
import { observe } from "./observe.js";

/** Where and when a scope was created. */
interface Recorded {
  /** `undefined` if only the time is recorded. */
  readonly stack: string | undefined;
  /** The time on the scope's clock; `undefined` if the clock threw. */
  readonly time: number | undefined;
}

/** The creation of each scope that was recorded. Recording is off by default, because a stack costs more than the scope. */
const stacks = new WeakMap<CancelScope, Recorded>();
/** The scope of the task that failed with each error. */
const failures = new WeakMap<object, CancelScope>();
/** Recordings that several callers may begin and end. */
class Recording {
  readonly #observer: Observer;
  /** How many callers have begun and not ended it. */
  #callers = 0;
  /** The registration of the observer; `undefined` until the recording first begins. */
  #observing: Disposable | undefined;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  begin(): Disposable {
    let isRecording = true;
    if (this.#callers++ === 0) this.#observing = observe(this.#observer);
    return {
      [dispose]: () => {
        if (isRecording && --this.#callers === 0) this.#observing![dispose]();
        isRecording = false;
      },
    };
  }
}

/**
 * Records from now on where every scope and task is created. `describeTree` and `watchStragglers` print it. Each scope costs a stack trace, so use
 * it for debugging, not on hot paths in production.
 *
 * @returns A handle that ends this recording. Other recordings go on.
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
  return sites.begin();
}

/**
 * Records from now on when every scope and task is created. `describeTree` and {@link snapshot} print its age,
 * and since when it is cancelled. It is cheaper than
 * {@link recordCreationSites}, because it does not make stack traces: a scope costs a look at its clock and an entry of a weak map.
 *
 * @returns A handle that ends this recording. Other recordings go on.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { recordAges, snapshot } from "@selvage/scope/debug";
 *
 * using recording = recordAges();
 * using scope = new CancelScope({ name: "import" });
 * console.assert(snapshot(scope).containers[0]?.age === 0);
 * ```
 */
export function recordAges(): Disposable {
  return ages.begin();
}

const ages = new Recording({
  opened(scope) {
    if (!stacks.has(scope)) stacks.set(scope, { stack: undefined, time: timeOn(scope.clock) });
  },
});

const sites = new Recording({
  opened(scope) {
    stacks.set(scope, { stack: currentStack(), time: timeOn(scope.clock) });
  },
  // If several tasks failed with the same error, the first counts.
  closed(scope, { error }) {
    const isTask = typeof scope._label === "object" && scope._label.kind === "task";
    if (isTask && typeof error === "object" && error !== null && !failures.has(error)) failures.set(error, scope);
  },
});

/** Returns the time; `undefined` if the clock throws. That is not reported, because the program did not read the clock. */
function timeOn(clock: Clock): number | undefined {
  try {
    return clock.now();
  } catch {
    return undefined;
  }
}

/** Returns the stack with ten more frames than usual, because V8 keeps ten by default and the frames of this project come first. */
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

/** Matches the frame of this file, which is on top of every stack. It gives the folder of the packages, whatever a user's folders are called. */
const HERE = /^\s*(?:at (?:.*\()?|[^@]*@)(.*[/\\])scope[/\\](?:src|dist|bundle)[/\\](?:debug[/\\])?creation-site\./;
/** Matches the path of a file of this project, below the folder of the packages. */
const OWN = /^(?:scope|task-group|supervisor|timeout|runner)[/\\](?:src|dist|bundle)[/\\]/;

/** Returns when and where a scope was created; `undefined` if that was not recorded. */
export function creationOf(
  scope: CancelScope,
): { readonly time: number | undefined; readonly site: string | undefined } | undefined {
  const recorded = stacks.get(scope);
  return recorded && { time: recorded.time, site: recorded.stack === undefined ? undefined : siteIn(recorded.stack) };
}

/** Returns the first frame of a stack outside this project; `undefined` if a bundler has put everything into one file. */
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

/** Returns the index after the folder in a line, or the end of the line. */
function endOf(folder: string, line: string): number {
  const start = line.indexOf(folder);
  return start < 0 ? line.length : start + folder.length;
}
