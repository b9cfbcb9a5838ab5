import type { Call } from "./call.js";
import type { Schedule } from "./schedule.js";
import type { Tasks } from "./tasks.js";

/** The errors of a source: of a step, and of its `return`. */
const STEP_ERROR = "E200";
const RELEASE_ERROR = "E300";

/** Why a reading has ended: at the end of the source, because it was left, or with an error. */
export type ReadingEnd = "read" | "left" | typeof STEP_ERROR | typeof RELEASE_ERROR;

/** How a source is read: no faster than the limit allows, and released if it is left early (T12). */
export class Reading {
  /** Why it has ended; set when the source is released. */ end: ReadingEnd | undefined = undefined;
  readonly #call: Call;
  readonly #schedule: Schedule;
  readonly #tasks: Tasks;
  readonly #log: (line: string) => void;
  readonly #ended: () => void;
  #isReading = true;
  #isPulling = false;
  /** The source is exhausted or has failed, so there is nothing to release. */ #isSpent = false;
  #steps = 0;
  #isReleasing = false;
  /** Whether the time of the call is up. */ #isTimeUp = false;

  /** @param ended - Called when it has ended. */
  constructor(call: Call, schedule: Schedule, tasks: Tasks, log: (line: string) => void, ended: () => void) {
    this.#call = call;
    this.#schedule = schedule;
    this.#tasks = tasks;
    this.#log = log;
    this.#ended = ended;
  }

  /** Pulls while there is room. */
  pull(): void {
    const { source } = this.#call;
    while (this.#isReading && !this.#isPulling && this.#tasks.hasRoom && this.#tasks.reason === undefined) {
      const step = this.#steps++;
      this.#log(`next ${step}`);
      if (!source.isAsync) {
        this.#deliver(step);
        continue;
      }
      this.#isPulling = true;
      if (source.hangs === step) return;
      this.#schedule.after(source.ms, () => {
        this.#isPulling = false;
        this.#deliver(step);
        this.pull();
      });
    }
  }

  /** The call is cancelled, so the source is left. */
  leave(): void {
    if (this.#isReading) this.#release();
  }

  /** An outer owner cancels after the call itself was cancelled: a release is no longer waited for. */
  outerCancelled(): void {
    if (this.#isReleasing) this.#finish("left");
  }

  /** The time of the call is up, just before it is cancelled: a release is not waited for. */
  timeIsUp(): void {
    this.#isTimeUp = true;
  }

  #deliver(step: number): void {
    const { source, works } = this.#call;
    if (source.fails === step) {
      this.#isSpent = true;
      if (this.#isReading) this.#finish(STEP_ERROR);
    } else if (step >= works.length) {
      this.#isSpent = true;
      if (this.#isReading) this.#finish("read");
    } else if (this.#isReading) {
      this.#tasks.create(works[step]!);
    } else {
      this.#log(`undelivered ${step}`);
    }
  }

  #release(): void {
    this.#isReading = false;
    const { source } = this.#call;
    const { release } = source;
    if (this.#isSpent || release === "none") {
      this.#finish("left");
      return;
    }
    this.#log("return");
    const fails = release !== "hangs" && release.fails;
    if (!source.isAsync) {
      this.#finish(fails ? RELEASE_ERROR : "left"); // as `for of` does: the returned promise is not awaited
    } else if (this.#isPulling || this.#isTimeUp || this.#tasks.reason === "outer") {
      this.#finish("left");
    } else {
      this.#isReleasing = true;
      if (release === "hangs") return;
      this.#schedule.after(release.ms, () => {
        if (this.#isReleasing) this.#finish(fails ? RELEASE_ERROR : "left");
      });
    }
  }

  #finish(end: ReadingEnd): void {
    this.#isReading = this.#isReleasing = false;
    this.end = end;
    this.#ended();
  }
}
