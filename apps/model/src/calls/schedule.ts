import { Undecided } from "../model/undecided.js";

interface Entry {
  readonly at: number;
  readonly happen: () => void;
}

/** The time of a simulation, and its timers. */
export class Schedule {
  now = 0;
  readonly #entries = new Set<Entry>();

  /** Schedules an action after `ms` milliseconds; returns a function that cancels it. */
  after(ms: number, happen: () => void): () => void {
    const entry = { at: this.now + ms, happen };
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  /** Moves time until nothing is due. @throws {Undecided} If two things are due at one time. */
  run(): void {
    while (this.#entries.size > 0) {
      const at = Math.min(...[...this.#entries].map((entry) => entry.at));
      const [first, second] = [...this.#entries].filter((entry) => entry.at === at);
      if (second !== undefined) throw new Undecided("two things are due at one time");
      this.now = at;
      this.#entries.delete(first!);
      first!.happen();
    }
  }
}
