import { CancelledError, type CancelScope, ExceptionGroup, isCancellation, type Task } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { moveOnAfter, type Timeout, timeout, TimeoutError } from "@selvage/timeout";
import type { Block, Program, Statement } from "../program.js";
import type { ErrorShape, Outcome, TraceEvent } from "./trace.js";

/** The result of one run. */
export interface SelvageRun {
  readonly trace: readonly TraceEvent[];
  readonly sights: ReadonlySet<Sight>;
}

/** Topics of a run that are not in its trace. */
type Sight =
  | "a cancel reached a live task"
  | "an error won over an outer cancellation"
  | "a timeout's own error gave way to an outer cancellation"
  | "a look found a cancellation that the program had outlived"
  | "a task completed though it was cancelled";

/** Runs a program made by `comparable`, in virtual time. */
export async function runOnSelvage(program: Program): Promise<SelvageRun> {
  const run = new Run(new VirtualClock());
  await run.program(program.body);
  return run;
}

/** The error of a `fail`. */
class Failure extends Error {
  readonly id: number;

  constructor(id: number) {
    super(`failure ${id}`);
    this.id = id;
  }
}

/** The statements of a kind. */
type Of<Kind, S = Statement> = S extends { readonly do: unknown } ? (Kind extends S["do"] ? S : never) : never;

/** The counterpart of python/oracle/programs.py, statement by statement. */
class Run implements SelvageRun {
  readonly trace: TraceEvent[] = [];
  readonly sights = new Set<Sight>();
  readonly #clock: VirtualClock;
  readonly #groups = new Map<number, TaskGroup>();
  readonly #tasks = new Map<number, Task<number>>();
  /** The groups whose body has completed. */
  readonly #completed = new Set<number>();
  /** The groups with a task that was interrupted by the cancellation of the group. */
  readonly #cut = new Set<number>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async program(body: Block): Promise<void> {
    try {
      const value = await this.#clock.run((scope) => this.#block(body, scope));
      this.#note(0, { value: value ?? 0 });
    } catch (error) {
      this.#note(0, outcomeOf(error));
    }
  }

  /** Runs statement by statement; returns the value of the first that returned from its function, if one did. */
  async #block(block: Block, scope: CancelScope): Promise<number | undefined> {
    for (const statement of block) {
      const value = await this.#statement(statement, scope);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** @param scope - That of the innermost function around the statement. */
  async #statement(statement: Statement, scope: CancelScope): Promise<number | undefined> {
    switch (statement.do) {
      case "sleep":
        await scope.sleep(statement.ms);
        this.#note(statement.id, "done");
        return undefined;
      case "work":
        await new Promise<void>((resolve) => this.#clock.setTimer(resolve, statement.ms));
        this.#note(statement.id, "done");
        return undefined;
      case "fail":
        throw new Failure(statement.id);
      case "return":
        return statement.id;
      case "spawn":
        this.#spawn(statement, scope);
        return undefined;
      case "await":
        return this.#await(statement, scope);
      case "cancel":
        this.#cancel(statement);
        return undefined;
      case "try":
        try {
          return await this.#block(statement.body, scope);
        } finally {
          await this.#block(statement.cleanup, scope);
        }
      case "attempt":
        return this.#attempt(statement, scope);
      case "timeout":
      case "moveOnAfter":
        return this.#limited(statement, scope);
      case "group":
        return this.#group(statement, scope);
      case "start":
      case "run":
      case "started":
      case "peek":
      case "stats":
      case "limit":
      case "idle":
      case "checkpoint":
      case "check":
      case "scope":
      case "move":
      case "supervisor":
      case "shutdown":
        throw new TypeError(`expected a comparable program, got a statement "${statement.do}"`);
    }
  }

  #spawn({ id, owner, body }: Of<"spawn">, scope: CancelScope): void {
    const group = this.#groups.get(owner)!;
    // A cancelled group refuses the task itself (T6). If only an inner scope is cancelled, a user of asyncio has to
    // check.
    if (!group.scope.cancelled) this.#look(scope);
    const task = group.createTask(async (own) => (await this.#block(body, own)) ?? id);
    this.#tasks.set(id, task);
    task.addDoneCallback(() => {
      if (task.status === "cancelled" && task.scope.reason === group.scope.reason) this.#cut.add(owner);
      if (task.status === "fulfilled" && task.scope.cancelled)
        this.sights.add("a task completed though it was cancelled");
      this.#note(id, resultOf(task));
    });
  }

  /** Not `await task`, because the outcome of a task belongs to its owner (K3, K6). */
  async #await({ task: awaited }: Of<"await">, scope: CancelScope): Promise<undefined> {
    const task = this.#tasks.get(awaited);
    await scope.race(new Promise<void>((resolve) => task?.addDoneCallback(() => resolve()) ?? resolve()));
  }

  #cancel({ target }: Of<"cancel">): void {
    const task = this.#tasks.get(target);
    if (task === undefined) return;
    if (!task.done && !task.scope.cancelled) this.sights.add("a cancel reached a live task");
    task.cancel();
  }

  async #attempt({ id, body }: Of<"attempt">, scope: CancelScope): Promise<number | undefined> {
    try {
      return await this.#block(body, scope);
    } catch (error) {
      if (isCancellation(error, scope)) throw error;
      this.#note(id, outcomeOf(error));
    }
    this.#look(scope);
    return undefined;
  }

  async #limited(statement: Of<"timeout" | "moveOnAfter">, parent: CancelScope): Promise<undefined> {
    const { id, ms, body } = statement;
    let limit: Timeout | undefined;
    const run = statement.do === "timeout" ? timeout<number> : moveOnAfter<number>;
    try {
      const value = await run(
        ms,
        async (given) => {
          limit = given;
          return (await this.#block(body, given.scope)) ?? id;
        },
        { parent, name: String(id) },
      );
      if (value === undefined) this.#look(parent);
      this.#note(id, value === undefined ? { value: null } : { value, late: limit!.expired && !parent.cancelled });
    } catch (error) {
      const thrown = parent.cancelled && expiredScopeOf(error) === limit!.scope ? parent.reason : error;
      if (thrown !== error) this.sights.add("a timeout's own error gave way to an outer cancellation");
      this.#note(id, outcomeOf(thrown));
      throw thrown;
    }
  }

  async #group({ id, body }: Of<"group">, parent: CancelScope): Promise<undefined> {
    try {
      const value = await TaskGroup.run(
        async (group) => {
          this.#groups.set(id, group);
          const result = (await this.#block(body, group.scope)) ?? id;
          this.#completed.add(id);
          return result;
        },
        { parent },
      );
      // It may return only if nothing was interrupted (T5). If it returns nevertheless, the trace shows it.
      if (this.#completed.has(id) && !this.#cut.has(id)) this.#look(parent);
      this.#note(id, { value });
    } catch (error) {
      if (!isCancellation(error, parent) && parent.cancelled)
        this.sights.add("an error won over an outer cancellation");
      this.#note(id, outcomeOf(error));
      throw error;
    }
  }

  /** Throws if the scope is cancelled, in places where a user of asyncio would have to check `cancelling()`. */
  #look(scope: CancelScope): void {
    if (scope.cancelled) this.sights.add("a look found a cancellation that the program had outlived");
    scope.throwIfCancelled();
  }

  #note(id: number, outcome: Outcome): void {
    this.trace.push({ time: this.#clock.now(), id, outcome });
  }
}

function resultOf(task: Task<number>): Outcome {
  try {
    return { value: task.result() };
  } catch (error) {
    return task.status === "cancelled" ? "cancelled" : { error: shapeOf(error) };
  }
}

function outcomeOf(error: unknown): Outcome {
  return error instanceof CancelledError ? "cancelled" : { error: shapeOf(error) };
}

function shapeOf(error: unknown): ErrorShape {
  if (error instanceof ExceptionGroup) return error.errors.map(shapeOf);
  if (error instanceof Failure) return `failure ${error.id}`;
  const scope = expiredScopeOf(error);
  return scope === undefined ? String(error) : `timeout ${scope.name}`;
}

/** The scope whose deadline caused a `TimeoutError`. */
function expiredScopeOf(error: unknown): CancelScope | undefined {
  return error instanceof TimeoutError ? (error.cause as CancelledError).scope : undefined;
}
