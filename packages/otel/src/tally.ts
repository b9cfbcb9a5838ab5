import type { Attributes, Counter, UpDownCounter } from "@opentelemetry/api";
import { reportUncaught } from "@selvage/scope/internal";
import type { Instruments } from "./instruments.js";

/** The metrics of the scopes that have the same attributes. */
export class Tally {
  readonly attributes: Attributes;
  readonly #instruments: Instruments;
  #live = 0;
  #queued = 0;
  #hasEnded = false;

  constructor(attributes: Attributes, instruments: Instruments) {
    this.attributes = attributes;
    this.#instruments = instruments;
  }

  live(change: number): void {
    if (this.#hasEnded) return; // the call before has ended the instrumentation
    this.#live += change;
    this.#add(this.#instruments.live, change);
  }

  queued(change: number): void {
    if (this.#hasEnded) return;
    this.#queued += change;
    this.#add(this.#instruments.queued, change);
  }

  count(what: "started" | "fulfilled" | "rejected" | "cancelled" | "restarts"): void {
    this.#add(this.#instruments[what], 1);
  }

  /** Takes back what is live and queued, because the ends will not be seen. */
  end(): void {
    if (this.#live !== 0) this.live(-this.#live);
    if (this.#queued !== 0) this.queued(-this.#queued);
    this.#hasEnded = true;
  }

  /** Adds to a counter. An error that it throws is reported, and the counts that follow are made. */
  #add(counter: Counter | UpDownCounter, value: number): void {
    try {
      counter.add(value, this.attributes);
    } catch (error) {
      reportUncaught(error);
    }
  }
}

/** The tallies, by kind and listed name. There are few, because names that are not listed do not count. */
export class Tallies {
  readonly #names: ReadonlySet<string>;
  readonly #instruments: Instruments;
  /** By kind, and then by name; the key for a name that is not listed is `undefined`. */
  readonly #all = new Map<string, Map<string | undefined, Tally>>();

  constructor(instruments: Instruments, names: ReadonlySet<string>) {
    this.#instruments = instruments;
    this.#names = names;
  }

  /** Whether names are attributes. */
  get hasNames(): boolean {
    return this.#names.size > 0;
  }

  /** Returns the tally of a kind and a name. */
  of(kind: string, name: string | undefined): Tally {
    const listed = name !== undefined && this.#names.has(name) ? name : undefined;
    let byName = this.#all.get(kind);
    if (byName === undefined) this.#all.set(kind, (byName = new Map<string | undefined, Tally>()));
    let tally = byName.get(listed);
    if (tally === undefined) {
      const attributes: Attributes = { "selvage.kind": kind };
      if (listed !== undefined) attributes["selvage.name"] = listed;
      byName.set(listed, (tally = new Tally(attributes, this.#instruments)));
    }
    return tally;
  }

  end(): void {
    for (const byName of this.#all.values()) for (const tally of byName.values()) tally.end();
  }
}
