import type { ShutdownTimes } from "../program.js";
import type { Choices } from "./choices.js";
import { type Fault, isCancellation, type Outcome, textOf } from "./fault.js";
import { Failures } from "./failures.js";
import { Owner } from "./owner.js";
import { Shutdown, type Waiter } from "./shutdown.js";
import { type Task, textOfRun } from "./task.js";
import type { Scope } from "./tree.js";
import { Undecided } from "./undecided.js";

/** A supervisor of the model: V1, V2, V4, V7, V8, V11, V12. */
export class Supervisor extends Owner {
  #shutdown: Shutdown | undefined;
  /** The failure of the body, and the first fatal one (V8). */ readonly #failures = new Failures();
  #isFatal = false;
  #abandonedCut = false;
  /** The errors of refused tasks. */ readonly #refusals = new WeakSet<Fault>();
  readonly #fatal: boolean;
  readonly #choices: Choices;
  /** The scope whose cancellation begins the drain, and the options of the drain (V11). */ #drained:
    Scope | undefined = undefined;
  /** Whether the program listens for a shutdown. */ #watched = false;
  readonly #counts = { fulfilled: 0, rejected: 0, cancelled: 0 };
  /** The number of restarts. */ restarts = 0;

  /** @param fatal - Whether every failure is fatal. */
  constructor(fatal: boolean, choices: Choices, ...owned: ConstructorParameters<typeof Owner>) {
    super(...owned);
    this.#fatal = fatal;
    this.#choices = choices;
  }

  get shutdown(): Shutdown | undefined {
    return this.#shutdown;
  }

  get refusal(): Fault | undefined {
    if (this.#shutdown === undefined) return undefined;
    const fault: Fault = { kind: "closed" };
    this.#refusals.add(fault);
    return fault;
  }

  /** V11: a cancellation of the parent begins a shutdown. */
  drainWith(parent: Scope, times: ShutdownTimes): void {
    this.#drained = parent;
    const begin = (): void => {
      const cause = parent.reason!;
      if (this.scope.closed) return;
      if (!this.isOver) this.shutDown(times, undefined, cause);
      else if (this.#shutdown === undefined) {
        // It may or may not begin if everything has ended.
        this.agenda.mayCome(this.id, "stopping", textOf(cause), () => {
          this.#watched = false;
          this.shutDown(times, undefined, cause);
        });
      }
    };
    this.tree.look(parent);
    if (parent.reason === undefined) parent.followers.set(this, begin);
    else begin();
  }

  /** The program starts to listen for a shutdown; the listener is called at once if one has begun. */
  watch(): void {
    this.#watched = true;
    if (this.#shutdown !== undefined) this.#tellStopping(this.#shutdown);
  }

  /** V4. */
  shutDown(times: ShutdownTimes, caller?: Scope, cause: Fault | string = "shutdown"): Waiter {
    const isFirst = this.#shutdown === undefined;
    const shutdown = (this.#shutdown ??= new Shutdown(this, this.agenda, this.tree, times.grace, cause));
    if (isFirst && this.#watched) this.#tellStopping(shutdown);
    return shutdown.request(times, this.taskAround(caller), isFirst);
  }

  /**
   * Whether a task is left when the timeout of a shutdown is over. The end of a task checks the clock. If it is the end that notices that the
   * time is over, the task has ended.
   */
  isLeft(task: Task): boolean {
    return task.state !== "ended" || this.#choices.choose();
  }

  giveUp(task: Task): void {
    this.abandon(task);
  }

  /** V2: a task has failed, or a run of it has. */
  failed(task: Task, fault: Fault, restartsIn?: number): void {
    this.agenda.mustCome(this.id, "told", `${task.id} ! ${textOf(fault)}${textOfRun(task, restartsIn)}`);
    if (this.#fatal) this.#failFatally(fault, task);
  }

  /** V12. */
  stats(): Record<string, number> {
    const count = (isCounted: (task: Task) => boolean): number => [...this.tasks].filter(isCounted).length;
    const queued = count((task) => this.isQueued(task));
    const restarting = count(({ runs, scope }) => runs?.isResting(scope) === true);
    const { fulfilled: completed, rejected: failed, cancelled } = this.#counts;
    const running = this.tasks.size - queued - restarting;
    return { running, queued, restarting, completed, failed, cancelled, restarts: this.restarts };
  }

  override outcomes(): Outcome[] {
    const { reason } = this.scope;
    if (!this.#failures.isEmpty) {
      return this.#failures.orders().map((members) => ({
        fault: members.length === 1 ? members[0]! : { kind: "group", members },
      }));
    }
    const value = this.bodyCut ? { value: undefined } : this.body!;
    const isOuter = reason !== undefined && reason.owner !== this.scope;
    if (isOuter && (this.bodyCut || this.childCut)) return [{ fault: reason }];
    // V4 and V7 do not define whether an abandoned task counts as interrupted.
    if (isOuter && this.#abandonedCut) return [value, { fault: reason }];
    if (!this.bodyCut) return [value];
    if (this.#shutdown === undefined) return [{ fault: reason! }];
    // Cancelled, and shut down after the body was interrupted: V7 does not define which of the two it was.
    return this.#shutdown.afterBody ? [value, { fault: reason! }] : [value];
  }

  protected override bodyFailed(fault: Fault): void {
    this.#failures.add({ fault, at: this.agenda.now, ofBody: true });
    this.tree.cancel(this.scope, fault);
  }

  /** Also by a shutdown that has not reached the supervisor's scope yet, and by the cancellation that began a drain (V7, V11). */
  protected override cutsBody(fault: Fault): boolean {
    if (super.cutsBody(fault)) return true;
    if (this.#shutdown === undefined) return false;
    // If the body was still starting when the drain began, its tasks are refused.
    if (this.#drained !== undefined && this.#refusals.has(fault)) return true;
    return fault === this.#shutdown.reason || isCancellation(fault, this.#drained?.reason);
  }

  protected override taskDone(task: Task): void {
    const { status, outcome } = task;
    this.#counts[status!]++;
    this.#shutdown?.ended(task);
    if (status === "rejected") {
      this.failed(task, (outcome as { fault: Fault }).fault);
    } else if (status === "cancelled") {
      const isCut = task.scope.reason === this.scope.reason;
      if (task.abandoned) this.#abandonedCut ||= isCut;
      else this.childCut ||= isCut;
    }
    this.#shutdown?.update();
  }

  protected override emptied(): void {
    this.#shutdown?.update();
  }

  #tellStopping({ reason }: Shutdown): void {
    const { cause } = reason;
    this.agenda.mustCome(this.id, "stopping", typeof cause === "object" ? textOf(cause) : String(cause));
  }

  /** V8: the first fatal failure is the outcome of the run. */
  #failFatally(fault: Fault, { abandoned }: Task): void {
    if (abandoned && this.isOver && !this.scope.closed) throw new Undecided("a fatal failure as the run ends");
    if (!this.#isFatal) this.#failures.add({ fault, at: this.agenda.now, ofBody: false });
    this.#isFatal = true;
    this.shutDown({ grace: 0, timeout: null }, undefined, fault);
  }
}
