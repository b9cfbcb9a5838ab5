import type { Restart, Run } from "../program.js";
import type { Agenda } from "./agenda.js";
import type { Choices } from "./choices.js";
import type { Outcome } from "./fault.js";
import type { Scope } from "./tree.js";

/** The runs of one task that is run again: V9. */
export class Runs {
  readonly #policy: Restart;
  readonly #bodies: readonly Run[];
  readonly #agenda: Agenda;
  readonly #choices: Choices;
  /** 1 for the first run. */ attempt = 1;
  /** From the end of a run on: when the next one begins. */ restartsAt: number | undefined = undefined;
  /** What the latest run ended with; `undefined` while it runs. */ outcome: Outcome | undefined = undefined;
  /** That of the latest run. */ scope: Scope | undefined = undefined;
  /** When the latest run began. */ #began = 0;
  /** When it was decided what follows the latest run. */ #decided: number | undefined = undefined;
  /** When restarts took place, without the time that the task has waited until then. */ readonly #restarts: number[] =
    [];
  /** How long it has waited in all. */ #waited = 0;
  /** How many restarts there have been since a run lasted for as long as the window. */ #streak = 0;

  constructor(policy: Restart, bodies: readonly Run[], agenda: Agenda, choices: Choices) {
    this.#policy = policy;
    this.#bodies = bodies;
    this.#agenda = agenda;
    this.#choices = choices;
  }

  get body(): Run {
    return this.#bodies[this.attempt - 1]!;
  }

  get following(): Run {
    return this.#bodies[this.attempt]!;
  }

  begin(): void {
    if (this.restartsAt !== undefined) this.attempt++;
    this.restartsAt = this.outcome = this.#decided = undefined;
    this.#began = this.#agenda.now;
  }

  /** What follows a run that ends now, if nothing ends the task: the end, one restart too many, or a wait of so long. */
  get next(): "end" | "give up" | number {
    const { when, maxRestarts, within, backoff } = this.#policy;
    if (when === "on-failure" && "value" in this.outcome!) return "end";
    const windowBegins = this.#agenda.now - this.#waited - within;
    const counted = this.#restarts.filter((time) => time > windowBegins);
    if (counted.length >= maxRestarts) return "give up";
    if (backoff === null) return 0;
    return Math.min(backoff.max, backoff.initial * backoff.factor ** this.#earlier);
  }

  /** It is decided what follows. */
  decide(next: "end" | "give up" | number): void {
    const { now } = this.#agenda;
    this.#decided = now;
    if (typeof next !== "number") return;
    this.#restarts.push(now - this.#waited);
    this.#streak = this.#earlier + 1;
    this.#waited += next;
    this.restartsAt = now + next;
  }

  /** Whether it may be that it was not decided yet. A run that returned is followed by another, and no event shows when that is decided. */
  mayBeUndecided(): boolean {
    return "value" in this.outcome! && this.#decided === this.#agenda.now && !this.#choices.choose();
  }

  /** Whether the task waits for its next run. No event shows when the wait begins, and when it is over. */
  isResting(): boolean {
    const { restartsAt } = this;
    if (restartsAt === undefined) return false;
    const { now } = this.#agenda;
    if (this.#decided === now && !this.#choices.choose()) return false;
    return restartsAt > now || this.#choices.choose();
  }

  /** By how many restarts the wait grows. */
  get #earlier(): number {
    return this.#agenda.now - this.#began >= this.#policy.within ? 0 : this.#streak;
  }
}
