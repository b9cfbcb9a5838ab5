/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "@selvage/scope";
import { checkName, checkOptions, describeValue, dispose } from "@selvage/scope/internal";
import { type Observer, observe, parentOf, type ScopeEnd, type ScopeFacts } from "@selvage/scope/lowlevel";
import { errorText, labelOf, readFacts, titleOf } from "./events/facts.js";
import { ScopeRecords } from "./events/scope-records.js";

/** Where {@link userTiming} puts the tree. */
export interface UserTimingOptions {
  /** The name of the track. Default: "Selvage". */
  readonly track?: string | undefined;
  /** The name of the group of tracks that contains it. Default: none, the track stands alone. */
  readonly trackGroup?: string | undefined;
}

/**
 * Shows what happens from now on, in all trees, on its own track in the Performance panel of the browser (N6).
 *
 * Each scope and task is an entry from its opening to its close. The colour says how it ended, and the tooltip names its parent and its error. It is
 * a `performance.measure` with the `devtools` detail of Chrome's extensibility API. Other tools see it as an ordinary measure: Firefox's
 * profiler, a `PerformanceObserver`, Node's timeline.
 *
 * Times are those of `performance.now()`, whatever the clocks of the scopes. The entries are not kept in the performance timeline, so that memory
 * stays flat; a recording of the panel has them all the same. A scope is shown when it ends. Disposing shows those that are still open, and is
 * idempotent. The cost is some microseconds for each scope, also while nothing is recorded.
 *
 * @returns A handle that ends it.
 * @throws {TypeError} If an option is of the wrong type, or if the platform does not have `performance.measure`.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { userTiming } from "@selvage/trace";
 *
 * using timing = userTiming({ track: "Loading" });
 * await CancelScope.run((scope) => scope.sleep(1), { name: "page" });
 * ```
 */
export function userTiming(options: UserTimingOptions = {}): Disposable {
  checkOptions(options);
  const { track = "Selvage", trackGroup } = options;
  checkName(track, "The name of a track");
  checkName(trackGroup, "The name of a group of tracks");
  const { performance } = globalThis as { readonly performance?: Partial<Performance> };
  if (typeof performance?.measure !== "function") {
    const got = describeValue(performance?.measure);
    throw new TypeError(`userTiming() needs performance.measure, which this platform does not have, got ${got}.`);
  }
  const timeline = new Timeline(performance as Performance, { dataType: "track-entry", track, trackGroup });
  const observing = observe(timeline);
  return {
    [dispose]() {
      observing[dispose]();
      timeline.end();
    },
  };
}

/** An open scope. */
interface Entry {
  readonly facts: ScopeFacts;
  readonly start: number;
  /** The label of its parent; `undefined` for a root. */
  readonly parent: string | undefined;
}

interface Target {
  readonly dataType: "track-entry";
  readonly track: string;
  readonly trackGroup: string | undefined;
}

/** A name of Chrome's palette. */
type Colour = "primary" | "primary-light" | "secondary-light" | "tertiary" | "error";

class Timeline implements Observer {
  readonly #performance: Performance;
  readonly #target: Target;
  readonly #entries: ScopeRecords<Entry> = new ScopeRecords<Entry>(() => {});

  constructor(performance: Performance, target: Target) {
    this.#performance = performance;
    this.#target = target;
  }

  opened(scope: CancelScope): void {
    const parent = parentOf(scope);
    const entry = {
      facts: readFacts(scope),
      start: this.#performance.now(),
      parent: parent && labelOf(readFacts(parent)),
    };
    this.#entries.add(scope, entry);
  }

  closed(scope: CancelScope, { status, error }: ScopeEnd): void {
    const entry = this.#entries.get(scope);
    if (entry === undefined || !this.#entries.close(entry)) return; // opened before
    const { cancelledBy } = readFacts(scope);
    const colour = colourOf(entry, status);
    const properties: [string, string][] = [["status", status]];
    if (status === "rejected") properties.push(["error", errorText(error)]);
    if (cancelledBy !== undefined) properties.push(["cancelled by", labelOf(readFacts(cancelledBy))]);
    this.#show(entry, colour, properties);
  }

  /** Shows what is still open. */
  end(): void {
    for (const entry of this.#entries.open) {
      this.#entries.close(entry);
      this.#show(entry, colourOf(entry), [["status", "open"]]);
    }
  }

  #show({ facts, start, parent }: Entry, color: Colour, properties: [string, string][]): void {
    const performance = this.#performance;
    // Unique, because all measures of this name are cleared, and those of the program must stay.
    const name = `${titleOf(facts)} (${facts.kind} #${facts.id})`;
    const [, outcome] = properties[0]!;
    if (parent !== undefined) properties.push(["parent", parent]);
    const devtools = { ...this.#target, color, tooltipText: `${labelOf(facts)}: ${outcome}`, properties };
    performance.measure(name, { start, end: performance.now(), detail: { devtools } });
    performance.clearMeasures(name);
  }
}

function colourOf({ facts }: Entry, status?: ScopeEnd["status"]): Colour {
  if (status === "rejected") return "error";
  if (status === "cancelled") return "tertiary";
  if (status === undefined) return "secondary-light";
  return facts.kind === "task" ? "primary-light" : "primary";
}
