import type { Restart, Run } from "../program.js";
import type { Agenda } from "./agenda.js";
import type { Choices } from "./choices.js";
import type { Outcome } from "./fault.js";
import type { Scope } from "./tree.js";

/** The runs of one restarted task: V9. */
export class Runs {
  readonly #policy: Restart;
  readonly #bodies: readonly Run[];
  readonly #agenda: Agenda;
  readonly #choices: Choices;
  /** 1 for the first run. */ attempt = 1;
  /** When the next run begins; set from the end of a run on. */ restartsAt: number | undefined = undefined;
  /** The outcome of the latest run; `undefined` while it runs. */ outcome: Outcome | undefined = undefined;
  /** The scope of the latest run. */ scope: Scope | undefined = undefined;
  /** When the latest run began. */ #began = 0;
  /** When the successor of the latest run was decided. */ #decided: number | undefined = undefined;
  /** The times of restarts, less the time that the task had waited until then. */ readonly #restarts: number[] = [];
  /** The total time that it has waited. */ #waited = 0;
  /** The number of restarts since a run lasted as long as the window. */ #streak = 0;

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

  /** What follows a run that ends now, unless the task ends: the end, the restart limit, or a wait of the returned time. */
  get next(): "end" | "give up" | number {
    const { when, maxRestarts, within, backoff } = this.#policy;
    if (when === "on-failure" && "value" in this.outcome!) return "end";
    const windowBegins = this.#agenda.now - this.#waited - within;
    const counted = this.#restarts.filter((time) => time > windowBegins);
    if (counted.length >= maxRestarts) return "give up";
    if (backoff === null) return 0;
    return Math.min(backoff.max, backoff.initial * backoff.factor ** this.#earlier);
  }

  /** Records the decision about what follows. */
  decide(next: "end" | "give up" | number): void {
    const { now } = this.#agenda;
    this.#decided = now;
    if (typeof next !== "number") return;
    this.#restarts.push(now - this.#waited);
    this.#streak = this.#earlier + 1;
    this.#waited += next;
    this.restartsAt = now + next;
  }

  /** Whether the decision may be pending. A run that returned is followed by another, and the decision is a hidden event. */
  mayBeUndecided(): boolean {
    return "value" in this.outcome! && this.#decided === this.#agenda.now && !this.#choices.choose();
  }

  /** Whether the task waits for its next run. The beginning and the end of the wait are hidden events, also if a cancellation ends it. */
  isResting({ reason }: Scope): boolean {
    const { restartsAt } = this;
    if (restartsAt === undefined) return false;
    const { now } = this.#agenda;
    if (this.#decided === now && !this.#choices.choose()) return false;
    return (restartsAt > now && reason === undefined) || this.#choices.choose();
  }

  /** The number of restarts by which the wait grows. */
  get #earlier(): number {
    return this.#agenda.now - this.#began >= this.#policy.within ? 0 : this.#streak;
  }
}
