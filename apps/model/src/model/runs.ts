import type { Outcome } from "./fault.js";
import type { Restart, Run } from "../program.js";
import type { Scope } from "./tree.js";

/** The runs of one task that is run again: V9. */
export class Runs {
  readonly #policy: Restart;
  readonly #bodies: readonly Run[];
  /** 1 for the first run. */ attempt = 1;
  /** While the task waits for its next run: when that begins. */ restartsAt: number | undefined = undefined;
  /** How long the wait for the next run is to be. */ delay = 0;
  /** What the latest run ended with; `undefined` while it runs. */ outcome: Outcome | undefined = undefined;
  /** In which the latest run is. */ scope: Scope | undefined = undefined;
  /** When the latest run began. */ #began = 0;
  /** When restarts took place, without the time that the task has waited until then. */ readonly #restarts: number[] = [];
  /** How long it has waited in all. */ #waited = 0;
  /** How many restarts there have been since a run lasted for as long as the window. */ #streak = 0;

  constructor(policy: Restart, bodies: readonly Run[]) {
    this.#policy = policy;
    this.#bodies = bodies;
  }

  get body(): Run {
    return this.#bodies[this.attempt - 1]!;
  }

  get following(): Run {
    return this.#bodies[this.attempt]!;
  }

  begin(now: number): void {
    if (this.restartsAt !== undefined) this.attempt++;
    this.restartsAt = undefined;
    this.outcome = undefined;
    this.#began = now;
  }

  /** What follows a run that ends now, if nothing cancels the task: the end, one restart too many, or a wait of so long. */
  next(now: number): "end" | "give up" | number {
    const { when, maxRestarts, within, backoff } = this.#policy;
    if (when === "on-failure" && "value" in this.outcome!) return "end";
    const windowBegins = now - this.#waited - within;
    const counted = this.#restarts.filter((time) => time > windowBegins);
    if (counted.length >= maxRestarts) return "give up";
    if (backoff === null) return 0;
    return Math.min(backoff.max, backoff.initial * backoff.factor ** this.#streakAt(now));
  }

  /** The task waits for its next run. */
  rest(now: number): void {
    const { delay } = this;
    this.#restarts.push(now - this.#waited);
    this.#streak = this.#streakAt(now) + 1;
    this.#waited += delay;
    this.restartsAt = now + delay;
  }

  #streakAt(now: number): number {
    return now - this.#began >= this.#policy.within ? 0 : this.#streak;
  }
}
