/**
 * The expected outcome of a plan (V4, V5, V6, V11), computed from one moment to the next, without any of the code under
 * test.
 */
import type { ShutdownReport } from "../src/index.js";
import type { Placed, Plan, PlannedCall, PlannedTask } from "./shutdown-plan.js";

export interface Outcome {
  /** The report that every caller outside gets. */
  readonly report: ShutdownReport;
  /** When each task was cancelled, by name. */
  readonly cancelled: Readonly<Record<string, number>>;
  readonly scopeCancelled: number | undefined;
  readonly answers: readonly Answer[];
}

/** The report that a requester gets, and when. */
export interface Answer {
  readonly at: number;
  readonly report: ShutdownReport;
}

interface Live {
  readonly name: string;
  readonly placed: Placed;
  end: number;
  how: "completed" | "failed" | "cancelled";
  readonly task: PlannedTask | undefined;
  turn: number | undefined;
  cancelled: boolean;
  isRequester: boolean;
}

interface Call {
  readonly call: PlannedCall;
  /** The requester that calls; `undefined` for all other callers. */
  readonly requester: number | undefined;
}

export class Model {
  readonly #plan: Plan;
  readonly #live = new Set<Live>();
  readonly #requesters: Live[];
  readonly #calls: Call[];
  #now = 0;
  #began: number | undefined = undefined;
  /** When the shutdown was over. */ #over: number | undefined = undefined;
  #grace = 0;
  #graceEnds = Infinity;
  #timeout = Infinity;
  readonly #counts = { completed: 0, failed: 0, cancelled: 0 };
  readonly #abandoned: string[] = [];
  readonly #cancelled: Record<string, number> = {};
  #scopeCancelled: number | undefined = undefined;
  readonly #answers: Answer[] = [];
  /** The requesters that wait for a report. */ readonly #waiting = new Set<number>();

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const [index, task] of plan.tasks.entries()) {
      this.#add(`task ${index}`, task, task.ends, task.fails ? "failed" : "completed", task);
    }
    this.#requesters = plan.requesters.map((planned, index) =>
      this.#add(`requester ${index}`, planned, Infinity, "completed", undefined),
    );
    this.#calls = [
      ...plan.calls.map((call) => ({ call, requester: undefined })),
      ...plan.requesters.map(({ call }, requester) => ({ call, requester })),
      ...(plan.drain === undefined ? [] : [{ call: plan.drain, requester: undefined }]),
    ].sort((one, other) => one.call.at - other.call.at);
  }

  run(): Outcome {
    for (let next = this.#next(); next !== Infinity; next = this.#next()) {
      this.#now = next;
      for (const one of this.#live) if (one.end <= next) this.#ends(one);
      while (this.#calls[0] !== undefined && this.#calls[0].call.at <= next) this.#isCalled(this.#calls.shift()!);
      this.#settle();
    }
    return {
      report: this.#report(),
      cancelled: this.#cancelled,
      scopeCancelled: this.#scopeCancelled,
      answers: this.#answers,
    };
  }

  #add(name: string, placed: Placed, end: number, how: Live["how"], task: Live["task"]): Live {
    const live = { name, placed, end, how, task, turn: undefined, cancelled: false, isRequester: false };
    this.#live.add(live);
    return live;
  }

  /** When something happens next. */
  #next(): number {
    const times = [...this.#live].map((one) => Math.min(one.end, this.#due(one)));
    if (this.#over === undefined) times.push(this.#timeout);
    return Math.min(...times, this.#calls[0]?.call.at ?? Infinity);
  }

  /** When a task is to be cancelled. */
  #due({ turn, cancelled, placed }: Live): number {
    if (turn === undefined || cancelled || this.#over !== undefined) return Infinity;
    return Math.min(turn + (placed.grace ?? this.#grace), this.#graceEnds);
  }

  #ends(one: Live): void {
    this.#live.delete(one);
    if (this.#began !== undefined && this.#over === undefined) this.#counts[one.how]++;
  }

  #isCalled({ call: { grace = 0, timeout = Infinity }, requester }: Call): void {
    if (this.#began === undefined) {
      this.#began = this.#now;
      this.#grace = grace;
    } else {
      this.#graceEnds = Math.min(this.#graceEnds, this.#now + grace);
    }
    this.#timeout = Math.min(this.#timeout, this.#now + timeout);
    if (requester === undefined) return;
    this.#waiting.add(requester);
    this.#requesters[requester]!.isRequester = true;
  }

  /** What follows at this moment from what has happened. */
  #settle(): void {
    if (this.#began === undefined) return;
    if (this.#over === undefined) {
      this.#giveTurns();
      for (const one of this.#live) if (this.#due(one) <= this.#now) this.#cancel(one);
      if ([...this.#live].every(({ cancelled }) => cancelled)) this.#scopeCancelled ??= this.#now;
      if (this.#timeout <= this.#now) this.#abandon();
      else if (this.#live.size === 0) this.#over = this.#now;
    }
    if (this.#over === undefined && [...this.#live].some(({ isRequester }) => !isRequester)) return;
    for (const requester of this.#waiting) {
      this.#answers[requester] = { at: this.#now, report: this.#report() };
      this.#requesters[requester]!.end = this.#now + this.#plan.requesters[requester]!.goesOnFor;
    }
    this.#waiting.clear();
  }

  #giveTurns(): void {
    const live = [...this.#live];
    while (live.every(({ turn, isRequester }) => turn === undefined || isRequester)) {
      const later = live.filter(({ turn }) => turn === undefined);
      if (later.length === 0) return;
      const stage = Math.min(...later.map(({ placed }) => placed.stage));
      for (const one of later) if (one.placed.stage === stage) one.turn = this.#now;
    }
  }

  #cancel(one: Live): void {
    if (one.cancelled) return;
    one.cancelled = true;
    this.#cancelled[one.name] = this.#now;
    if (one.task?.cleanup === undefined) return;
    one.end = this.#now + one.task.cleanup;
    one.how = outcomes[one.task.cleanupEnds];
  }

  #abandon(): void {
    this.#scopeCancelled ??= this.#now;
    for (const one of this.#live) {
      this.#abandoned.push(one.name);
      this.#cancel(one);
    }
    this.#over = this.#now;
  }

  #report(): ShutdownReport {
    const elapsed = (this.#over ?? this.#now) - this.#began!;
    return { ...this.#counts, abandoned: [...this.#abandoned], elapsed };
  }
}

const outcomes = { "by throwing on": "cancelled", "by failing": "failed", "by returning": "completed" } as const;
