import { Undecided } from "../model/undecided.js";
import { type Call, isOfItems } from "./call.js";
import { AllOrNone, Contest, Loop, type Policy, Settling } from "./policies.js";
import { Reading } from "./reading.js";
import { Schedule } from "./schedule.js";
import { type Task, Tasks, type Watcher } from "./tasks.js";

/**
 * The result of a call by the rules: a line for each event that the program observes, with its time, and one for the
 * outcome. Lines of one time are sorted, because their order is not promised. `undefined` if the call never ends.
 *
 * @throws {Undecided} If two things are due at one time.
 */
export function expectedOf(call: Call): string[] | undefined {
  return new Expectation(call).run();
}

class Expectation implements Watcher {
  readonly #call: Call;
  readonly #lines: { readonly at: number; readonly text: string }[] = [];
  readonly #schedule = new Schedule();
  readonly #tasks: Tasks;
  readonly #reading: Reading | undefined;
  readonly #policy: Policy;
  #isOver = false;

  constructor(call: Call) {
    this.#call = call;
    const log = (text: string): void => void this.#lines.push({ at: this.#schedule.now, text });
    this.#tasks = new Tasks(call.limit, this.#schedule, this);
    this.#policy = policyOf(call, this.#tasks, log);
    const readingEnded = (): void => {
      this.#policy.read(this.#reading!.end!);
      this.#settle();
    };
    this.#reading = isOfItems(call) ? new Reading(call, this.#schedule, this.#tasks, log, readingEnded) : undefined;
  }

  run(): string[] | undefined {
    const { outer, within, of, works } = this.#call;
    if (outer !== null) this.#schedule.after(outer, this.#outerCancels);
    if (within !== null && (of === "gatherSettled" || of === "mapSettled")) {
      this.#schedule.after(within, () => {
        if (this.#isOver) return;
        this.#reading?.timeIsUp();
        this.#tasks.cancel("call");
      });
    }
    if (this.#reading === undefined) for (const work of works) this.#tasks.create(work);
    else this.#reading.pull();
    this.#settle();
    this.#schedule.run();
    if (!this.#isOver) return undefined;
    return this.#lines
      .map(({ at, text }) => ({ at, text: `${at}: ${text}` }))
      .sort(byTime)
      .map(({ text }) => text);
  }

  began({ index }: Task): void {
    this.#lines.push({ at: this.#schedule.now, text: `called ${index}` });
  }

  ending({ length }: readonly Task[]): void {
    const { leave } = this.#call;
    if (!(this.#policy instanceof Loop) || leave === null || this.#policy.isLeft) return;
    const { yielded } = this.#policy;
    if (length > 1 && leave < yielded + length) throw new Undecided("a loop is left at one of several tasks that end");
  }

  ended(task: Task): void {
    this.#policy.ended(task);
  }

  settled(): void {
    if (this.#policy instanceof Loop && this.#policy.isLeft) this.#tasks.cancel("call");
    this.#reading?.pull();
    this.#settle();
  }

  cancelled(): void {
    this.#reading?.leave();
  }

  readonly #outerCancels = (): void => {
    if (this.#isOver) return;
    if (this.#tasks.reason === undefined) this.#tasks.cancel("outer");
    else this.#reading?.outerCancelled();
  };

  #settle(): void {
    if (this.#isOver || this.#tasks.size > 0 || (this.#reading !== undefined && this.#reading.end === undefined))
      return;
    this.#isOver = true;
    this.#lines.push({ at: this.#schedule.now, text: `ended ${this.#policy.outcome()}` });
  }
}

function policyOf(call: Call, tasks: Tasks, log: (line: string) => void): Policy {
  switch (call.of) {
    case "gather":
    case "map":
      return new AllOrNone(call, tasks);
    case "race":
    case "any":
      return new Contest(call, tasks, log);
    case "gatherSettled":
    case "mapSettled":
      return new Settling(call, tasks);
    case "asCompleted":
    case "asCompletedItems":
      return new Loop(call, tasks, log);
  }
}

function byTime(one: { at: number; text: string }, other: { at: number; text: string }): number {
  return one.at - other.at || (one.text < other.text ? -1 : 1);
}
