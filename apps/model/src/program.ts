/**
 * A program, as plain data. The model interprets it, the printer prints it, and a random run shrinks it.
 *
 * A program is a block of statements that runs in a root scope at time 0. Every statement has an `id`, its number in
 * order of appearance, from 1 on (the root is 0). The id also names what the statement creates: an error, a value, a
 * scope, a task, an owner. All times are whole milliseconds on a virtual clock. Each statement runs at most once: a
 * restarted task has another body for each run.
 *
 * Two terms: a *thread* runs the statements of one function in order: the body of a task or of an owner. The *scope*
 * of a statement is that of the innermost thread around it: the scope of the task, or of the owner whose body it is.
 *
 * Invariants, which `numbered` establishes:
 * 1. A task is spawned in an owner around the statement. Owners that its body refers to are around that owner, or in
 *    the body. So no thread ever refers to an owner that may have finished before it.
 * 2. `await` names a task that comes before the statement and is not around it. `shutdown` with `wait` names a
 *    supervisor that is around the statement, or ends before it. So waits do not form cycles, except those that
 *    shields make.
 * 3. In a block, nothing follows a statement that never completes, such as a `fail`, and a cleanup has no `return`.
 * 4. Only tasks of supervisors have a placement or are restarted. The body of a restarted task consists of its runs,
 *    and the last run cancels itself, so that no run follows.
 */
export interface Program {
  readonly body: Block;
}

export type Block = readonly Statement[];

export type Statement =
  /**
   * Sleeps in the scope, and is interrupted by its cancellation. With `signal` it is interrupted by the scope's
   * signal, and fails with a new `AbortError`, as the functions of platforms do.
   */
  | { readonly do: "sleep"; readonly id: number; readonly ms: number; readonly signal?: true }
  /** Takes `ms`, and ignores cancellation. */
  | { readonly do: "work"; readonly id: number; readonly ms: number }
  /** Lets the event loop turn, then throws if the scope is cancelled. */
  | { readonly do: "checkpoint"; readonly id: number }
  /** Throws if the scope is cancelled, without waiting. */
  | { readonly do: "check"; readonly id: number }
  /** Throws a new error, named by its id. */
  | { readonly do: "fail"; readonly id: number }
  /** Returns early from the function, with its id as the value. At its end a function returns the id of the statement whose body it is. */
  | { readonly do: "return"; readonly id: number }
  /** Starts a task in an owner and continues; if that throws, so does the statement. */
  | (TaskOptions & { readonly do: "spawn"; readonly id: number; readonly owner: number; readonly body: Block })
  /**
   * Starts a task in an owner, and waits until it reports that it is ready. With `scoped`, a cancellation of the
   * statement's scope cancels a task that is not ready.
   */
  | (TaskOptions & {
      readonly do: "start";
      readonly id: number;
      readonly owner: number;
      readonly scoped: boolean;
      readonly body: Block;
    })
  /** A run of the task around it, which is restarted. */
  | Run
  /** The task of a `start` around the statement, or a run of it, reports that it is ready; the value is this statement's id. */
  | { readonly do: "started"; readonly id: number; readonly task: number }
  /** Sets the limit of an owner around the statement; `null` removes it. */
  | { readonly do: "limit"; readonly id: number; readonly owner: number; readonly limit: number | null }
  /** Waits in the scope until an owner around the statement has no task. */
  | { readonly do: "idle"; readonly id: number; readonly owner: number }
  /** Reads a task, if it was started: which run it is, when it is restarted, and when it will be cancelled. */
  | { readonly do: "peek"; readonly id: number; readonly task: number }
  /** Reads the stats of a supervisor, if it was created. */
  | { readonly do: "stats"; readonly id: number; readonly supervisor: number }
  /** Waits in the scope for a task, if it was started: returns its value, or throws its error. */
  | { readonly do: "await"; readonly id: number; readonly task: number }
  /** Cancels what another statement created, if it was created: a task, or the scope of an owner. The reason is this statement's id. */
  | { readonly do: "cancel"; readonly id: number; readonly target: number }
  /** `try`, with a `finally` that runs in the same scope, cancelled or not. */
  | { readonly do: "try"; readonly id: number; readonly body: Block; readonly cleanup: Block }
  /** `try`, with a `catch` of failures, or of everything, including cancellation of the scope. */
  | { readonly do: "attempt"; readonly id: number; readonly body: Block; readonly everything: boolean }
  /**
   * Runs the body in a scope; `ms` is its deadline, from now. With `signal`, its parent is an `AbortSignal`, which
   * aborts when the scope around is cancelled: an unknown outer owner.
   */
  | {
      readonly do: "scope";
      readonly signal?: true;
      readonly id: number;
      readonly ms: number | null;
      readonly shield: boolean;
      readonly body: Block;
    }
  /** Runs the body for at most `ms`. On expiry it fails (`timeout`) or continues (`moveOnAfter`). */
  | {
      readonly do: "timeout" | "moveOnAfter";
      readonly id: number;
      readonly ms: number | null;
      readonly body: Block;
    }
  /** Moves the deadline of a scope or timeout around the statement: `ms` is from now, `null` is never. */
  | { readonly do: "move"; readonly id: number; readonly target: number; readonly ms: number | null }
  /** Runs the body with a new owner of tasks. In a supervisor all failures may be `fatal`, and it may have a `drain`. */
  | {
      readonly do: "group" | "supervisor";
      readonly id: number;
      readonly limit: number | null;
      readonly fatal?: true;
      readonly drain?: ShutdownTimes;
      readonly body: Block;
    }
  /**
   * Shuts a supervisor down, if it was created. Then it waits in the scope for the report, or continues. The caller's
   * scope is the requester. With `named` this statement's id is the reason.
   */
  | (ShutdownTimes & {
      readonly do: "shutdown";
      readonly id: number;
      readonly supervisor: number;
      readonly wait: boolean;
      readonly named?: true;
    });

/** One run of a task, which has its own body. */
export interface Run {
  readonly do: "run";
  readonly id: number;
  readonly body: Block;
}

/** The options that only tasks of supervisors have. */
export interface TaskOptions {
  readonly placement?: Placement;
  readonly restart?: Restart;
}

/** The stage and grace of a task in a shutdown; with the grace `null`, that of the shutdown applies. */
export interface Placement {
  readonly stage: number;
  readonly grace: number | null;
}

/** When a task is restarted. */
export interface Restart {
  readonly when: "always" | "on-failure";
  readonly maxRestarts: number;
  readonly within: number;
  readonly backoff: { readonly initial: number; readonly factor: number; readonly max: number } | null;
}

/** How long a shutdown may take. */
export interface ShutdownTimes {
  readonly grace: number;
  readonly timeout: number | null;
}

export type Kind = Statement["do"];

/** The blocks in a statement, in order of appearance. */
export function blocksOf(statement: Statement): readonly Block[] {
  if (!("body" in statement)) return [];
  return "cleanup" in statement ? [statement.body, statement.cleanup] : [statement.body];
}

/** All statements of a block, in order of appearance, so of id. */
export function* statementsOf(block: Block): Generator<Statement> {
  for (const statement of block) {
    yield statement;
    for (const inner of blocksOf(statement)) yield* statementsOf(inner);
  }
}

/** Whether a statement can complete, so that the next one can run. */
export function completes(statement: Statement): boolean {
  if (statement.do === "fail" || statement.do === "return") return false;
  return statement.do !== "try" || [statement.body, statement.cleanup].every((block) => block.every(completes));
}
