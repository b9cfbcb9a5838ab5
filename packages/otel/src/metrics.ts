import type { CancelScope, Clock } from "@selvage/scope";
import { isClosed, isSignalScope, labelOf, statusOf } from "@selvage/scope/internal";
import { type Observer, parentOf, type ScopeEnd } from "@selvage/scope/lowlevel";
import { type Filter, scopeAbove } from "./filter.js";
import { guard } from "./guard.js";
import type { Instruments } from "./instruments.js";
import { isRun, kindFor, nameFor } from "./subject.js";
import { Tallies, type Tally } from "./tally.js";

/**
 * What is known of an open scope. It refers to the one above, and not to its scope. A scope is quiet when it is closed and everything that was opened
 * below it is quiet, also what was detached meanwhile.
 */
interface Counted {
  /** The counted scope above; `undefined` for a root. */
  readonly above: Counted | undefined;
  readonly tally: Tally;
  /** Whether the scope is counted. One that stands for a signal is not, but its cancellation is measured. */
  readonly isCounted: boolean;
  isQueued: boolean;
  isOpen: boolean;
  /** How many scopes directly below are not quiet. */
  loud: number;
  /** Whether it is counted, or something below it is. */
  isUsed: boolean;
  /** When it was cancelled, and the clock of that time; `undefined` if it was not cancelled, or if the clock threw. */
  cancelled: { readonly clock: Clock; readonly time: number } | undefined;
}

/** Stands for a scope that the filter excludes. */
const EXCLUDED = Symbol("excluded");

/** Makes the metrics (N5). */
export class Metrics implements Observer {
  readonly #instruments: Instruments;
  readonly #filter: Filter;
  readonly #tallies: Tallies;
  readonly #counted = new WeakMap<CancelScope, Counted | typeof EXCLUDED>();
  #hasEnded = false;

  constructor(instruments: Instruments, filter: Filter, names: ReadonlySet<string>) {
    this.#instruments = instruments;
    this.#filter = filter;
    this.#tallies = new Tallies(instruments, names);
  }

  opened(scope: CancelScope): void {
    const isSignal = isSignalScope(scope);
    const above = this.#above(scope);
    if (above === EXCLUDED || (!isSignal && scopeAbove(scope) === undefined && !this.#filter.includes(scope))) {
      this.#counted.set(scope, EXCLUDED);
      return;
    }
    if (this.#hasEnded || isClosed(scope)) return; // the filter has ended the instrumentation, or has closed the scope
    const kind = isSignal ? "AbortSignal" : kindFor(scope);
    const tally = this.#tallies.of(kind, this.#tallies.hasNames ? nameFor(scope) : undefined);
    const isQueued = statusOf(scope) === "queued";
    const counted = {
      above,
      tally,
      isCounted: !isSignal,
      isQueued,
      isOpen: true,
      loud: 0,
      isUsed: !isSignal,
      cancelled: undefined,
    };
    this.#counted.set(scope, counted);
    if (above !== undefined) {
      above.loud++;
      above.isUsed = true;
    }
    if (isSignal) return;
    tally.live(1);
    if (isQueued) tally.queued(1);
    if (isRun(scope) && labelOf(scope)!.attempt! > 1) above?.tally.count("restarts");
  }

  started(scope: CancelScope): void {
    const counted = this.#of(scope);
    if (counted === undefined) return;
    if (counted.isQueued) leaveQueue(counted);
    counted.tally.count("started");
  }

  cancelled(root: CancelScope): void {
    const counted = this.#of(root);
    if (counted === undefined) return;
    const { clock } = root;
    const time = timeOn(clock);
    if (time !== undefined) counted.cancelled = { clock, time };
  }

  closed(scope: CancelScope, { status }: ScopeEnd): void {
    const counted = this.#of(scope);
    if (counted === undefined) return;
    this.#counted.delete(scope);
    if (counted.isQueued) leaveQueue(counted);
    if (counted.isCounted) {
      counted.tally.live(-1);
      counted.tally.count(status);
    }
    counted.isOpen = false;
    for (let quiet: Counted | undefined = counted; quiet?.isOpen === false && quiet.loud === 0; quiet = quiet.above) {
      this.#measure(quiet);
      if (quiet.above !== undefined) quiet.above.loud--;
    }
  }

  /** Takes back what is live and queued. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#tallies.end();
  }

  /** Returns what is known of a scope that is counted. */
  #of(scope: CancelScope): Counted | undefined {
    const counted = this.#counted.get(scope);
    return counted === EXCLUDED || this.#hasEnded ? undefined : counted;
  }

  /** Returns what is known of the scope above. If that was open before `instrument` was called, the filter decides about its root. */
  #above(scope: CancelScope): Counted | typeof EXCLUDED | undefined {
    const parent = parentOf(scope);
    if (parent === undefined) return undefined;
    const counted = this.#counted.get(parent);
    if (counted !== undefined || isSignalScope(parent)) return counted;
    let root = parent;
    for (let node = scopeAbove(root); node !== undefined; node = scopeAbove(node)) root = node;
    return this.#filter.includes(root) ? undefined : EXCLUDED;
  }

  /** Records the time from the cancellation of a scope until it is quiet. */
  #measure({ cancelled, tally, isUsed }: Counted): void {
    if (cancelled === undefined || !isUsed) return;
    const time = timeOn(cancelled.clock);
    if (time === undefined) return;
    const seconds = Math.max(0, time - cancelled.time) / 1_000;
    if (!Number.isFinite(seconds)) return;
    guard(() => {
      this.#instruments.quiescence.record(seconds, tally.attributes);
    });
  }
}

function leaveQueue(counted: Counted): void {
  counted.isQueued = false;
  counted.tally.queued(-1);
}

/** Returns the time; `undefined` if the clock throws. That is not reported, because the program did not read the clock. */
function timeOn(clock: Clock): number | undefined {
  try {
    return clock.now();
  } catch {
    return undefined;
  }
}
