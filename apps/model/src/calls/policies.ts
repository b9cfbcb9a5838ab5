import type { Call } from "./call.js";
import type { ReadingEnd } from "./reading.js";
import { errorOf, type Task, type Tasks, textOfEnded } from "./tasks.js";

/** The rules of one combinator. */
export interface Policy {
  /** Called when a task has ended. */
  ended(task: Task): void;
  /** Called when the source is no longer read. */
  read(end: ReadingEnd): void;
  /** The outcome of the call, once everything has ended. */
  outcome(): string;
}

/** `gather` and `map`: T3, T5, T11. */
export class AllOrNone implements Policy {
  readonly #call: Call;
  readonly #tasks: Tasks;
  readonly #failures: string[] = [];
  #isCut = false;
  #isLeft = false;

  constructor(call: Call, tasks: Tasks) {
    this.#call = call;
    this.#tasks = tasks;
  }

  ended({ ended }: Task): void {
    if (ended?.kind === "error") this.#fail(ended.text);
    else if (ended?.kind === "cut" && ended.by === this.#tasks.reason) this.#isCut = true;
    else if (ended?.kind === "cut") this.#fail(errorOf(ended)); // it has no result
  }

  read(end: ReadingEnd): void {
    if (end === "left") this.#isLeft = true;
    else if (end !== "read") this.#fail(end);
  }

  outcome(): string {
    const { reason, all } = this.#tasks;
    if (this.#failures.length > 0) return groupOf(this.#failures);
    if (this.#isLeft || (this.#isCut && reason === "outer")) return `! C(${reason})`;
    return listOf(this.#call, all.map(valueOf));
  }

  #fail(error: string): void {
    this.#failures.push(error);
    this.#tasks.cancel("call");
  }
}

/** `race` and `any`: T11. */
export class Contest implements Policy {
  readonly #isRace: boolean;
  readonly #tasks: Tasks;
  readonly #log: (line: string) => void;
  readonly #failures: string[] = [];
  /** Ended tasks whose error may still be thrown. */ readonly #kept: Task[] = [];
  #winner: Task | undefined = undefined;
  #hasFailed = false;

  constructor({ of }: Call, tasks: Tasks, log: (line: string) => void) {
    this.#isRace = of === "race";
    this.#tasks = tasks;
    this.#log = log;
  }

  ended(task: Task): void {
    const ended = task.ended!;
    const winner = this.#winner?.ended;
    if (winner !== undefined) {
      if (ended.kind === "error" && winner.kind !== "value") this.#failures.push(ended.text);
      else this.#discard(task);
    } else if (ended.kind === "value") {
      this.#win(task);
      for (const loser of this.#kept) this.#discard(loser);
    } else {
      if (ended.kind === "error") this.#hasFailed = true;
      const isCut = ended.kind === "cut" && ended.by === this.#tasks.reason;
      if (!isCut) this.#failures.push(errorOf(ended));
      // A failure after an outer cancellation has not won.
      if (!isCut && this.#isRace && this.#tasks.reason === undefined) this.#win(task);
      else this.#kept.push(task);
    }
  }

  read(): void {
    throw new Error("A race does not read a source.");
  }

  outcome(): string {
    const { all, reason } = this.#tasks;
    if (all.length === 0) return "! TypeError";
    const winner = this.#winner?.ended;
    if (winner?.kind === "value") return textOfEnded(winner);
    if (winner !== undefined && this.#failures.length === 1) return textOfEnded(winner);
    if (winner === undefined && !this.#hasFailed && reason !== undefined) return `! C(${reason})`;
    return groupOf(this.#failures);
  }

  #win(task: Task): void {
    this.#winner = task;
    this.#tasks.cancel("call");
  }

  #discard({ index, ended }: Task): void {
    this.#log(`discarded ${index} ${textOfEnded(ended!)}`);
  }
}

/** `gatherSettled` and `mapSettled`: V10, T12. */
export class Settling implements Policy {
  readonly #call: Call;
  readonly #tasks: Tasks;
  readonly #failures: string[] = [];
  #isCut = false;
  #sourceError: string | undefined = undefined;

  constructor(call: Call, tasks: Tasks) {
    this.#call = call;
    this.#tasks = tasks;
  }

  ended({ ended }: Task): void {
    if (ended?.kind === "error") this.#failures.push(ended.text);
    else if (ended?.kind === "cut" && ended.by === this.#tasks.reason) this.#isCut = true;
  }

  read(end: ReadingEnd): void {
    if (end === "left") this.#isCut = true;
    else if (end !== "read") this.#sourceError = end;
  }

  outcome(): string {
    const { all, reason } = this.#tasks;
    const results = listOf(
      this.#call,
      all.map(({ ended }) => textOfEnded(ended!)),
    );
    if (this.#sourceError !== undefined) return `${groupOf([this.#sourceError])} with ${results}`;
    if (!this.#isCut || reason !== "outer") return results;
    return this.#failures.length > 0 ? groupOf(this.#failures) : `! C(${reason})`;
  }
}

/** A loop over `asCompleted`: V10. */
export class Loop implements Policy {
  /** Whether the loop was left. */ isLeft = false;
  yielded = 0;
  readonly #call: Call;
  readonly #tasks: Tasks;
  readonly #log: (line: string) => void;
  readonly #failures: string[] = [];
  #isCut = false;

  constructor(call: Call, tasks: Tasks, log: (line: string) => void) {
    this.#call = call;
    this.#tasks = tasks;
    this.#log = log;
  }

  ended({ index, ended }: Task): void {
    if (this.isLeft) {
      if (ended?.kind === "error") this.#failures.push(ended.text);
      return;
    }
    if (ended?.kind === "cut" && ended.by === this.#tasks.reason) this.#isCut = true;
    this.#log(`yielded ${index} ${textOfEnded(ended!)}`);
    this.yielded++;
    this.isLeft = this.yielded === this.#call.leave;
  }

  read(end: ReadingEnd): void {
    if (end === "left") this.#isCut = true;
    else if (end !== "read") this.#failures.push(end);
  }

  outcome(): string {
    if (this.#failures.length > 0) return groupOf(this.#failures);
    if (this.isLeft) return "left";
    return this.#isCut ? `! C(${this.#tasks.reason})` : "over";
  }
}

function groupOf(errors: readonly string[]): string {
  return `! G[${errors.join(" ")}]`;
}

function valueOf({ ended }: Task): string {
  return ended?.kind === "value" ? ended.text : "";
}

/** Results, by position or by key. */
function listOf({ of, keyed }: Call, results: readonly string[]): string {
  const isKeyed = keyed && (of === "gather" || of === "gatherSettled");
  return isKeyed
    ? `= {${results.map((result, index) => `key${index} ${result}`).join(", ")}}`
    : `= [${results.join(", ")}]`;
}
