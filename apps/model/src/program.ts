/**
 * A program, as plain data: what the model interprets, the printer prints, and a random run shrinks.
 *
 * A program is a block of statements that runs in a root scope at time 0. Every statement has an `id`, its number in order of
 * appearance from 1 on (the root is 0); it stands for whatever the statement makes: an error, a value, a scope, a task, an
 * owner. All times are whole milliseconds on a virtual clock. Each statement runs at most once: a task that is run again has
 * another body for each run.
 *
 * Two words: a *thread* is what runs one function's statements in order: the body of a task or of an owner. A statement's *scope*
 * is that of the innermost thread around it: a task's own, or its owner's, in which the body runs.
 *
 * Invariants, which `numbered` establishes:
 * 1. A task is spawned in an owner around the statement, and what its body refers to as an owner is around that owner, or in the
 *    body: so no thread ever refers to an owner that may have finished before it.
 * 2. `await` names a task that stands before the statement, and is not around it; `shutdown` with `wait` a supervisor that is
 *    around the statement, or ends before it: so waits form no circle, but for those that shields make.
 * 3. Nothing follows what never completes in its block, such as a `fail`, and there is no `return` in a cleanup.
 * 4. Only tasks of supervisors have a placement or are run again. The body of a task that is run again consists of its runs, and the
 *    last of them cancels itself, so that no other follows.
 */
export interface Program {
  readonly body: Block;
}

export type Block = readonly Statement[];

export type Statement =
  /**
   * Sleeps on the scope, which its cancellation cuts short. With `signal` it is the scope's signal that does, and it fails with an
   * `AbortError` of its own, as what platforms offer.
   */
  | { readonly do: "sleep"; readonly id: number; readonly ms: number; readonly signal?: true }
  /** Takes as long, whatever is cancelled: the scope is not asked. */
  | { readonly do: "work"; readonly id: number; readonly ms: number }
  /** Lets the event loop turn, then throws if the scope is cancelled. */
  | { readonly do: "checkpoint"; readonly id: number }
  /** Throws if the scope is cancelled, without waiting. */
  | { readonly do: "check"; readonly id: number }
  /** Throws a new error, called by its id. */
  | { readonly do: "fail"; readonly id: number }
  /** Returns from the function, early, with its id as the value; at the end a function returns the id of what it is the body of. */
  | { readonly do: "return"; readonly id: number }
  /** Starts a task in an owner and goes on; where that throws, so does the statement. */
  | (TaskOptions & { readonly do: "spawn"; readonly id: number; readonly owner: number; readonly body: Block })
  /**
   * Starts a task in an owner, and waits until it says that it is ready. With `scoped`, a cancellation of the statement's scope cancels a
   * task that is not ready.
   */
  | (TaskOptions & {
      readonly do: "start";
      readonly id: number;
      readonly owner: number;
      readonly scoped: boolean;
      readonly body: Block;
    })
  /** A run of the task around it, which is run again. */
  | Run
  /** The task of a `start` around the statement says that it is ready, or a run of it does; the value is the own id. */
  | { readonly do: "started"; readonly id: number; readonly task: number }
  /** Sets the limit of an owner around the statement; `null` is none. */
  | { readonly do: "limit"; readonly id: number; readonly owner: number; readonly limit: number | null }
  /** Waits on the scope until an owner around the statement has no task. */
  | { readonly do: "idle"; readonly id: number; readonly owner: number }
  /** Looks at a task, if it was started: which run it is, when it is run again, and when it will be cancelled. */
  | { readonly do: "peek"; readonly id: number; readonly task: number }
  /** Looks at the figures of a supervisor, if it was made. */
  | { readonly do: "stats"; readonly id: number; readonly supervisor: number }
  /** Waits for a task on the scope, if it was started: yields its value, or throws its error. */
  | { readonly do: "await"; readonly id: number; readonly task: number }
  /** Cancels what another statement made, if it was made: a task, or the scope of an owner. The reason given is the own id. */
  | { readonly do: "cancel"; readonly id: number; readonly target: number }
  /** `try`, with a `finally` that runs in the same scope, cancelled or not. */
  | { readonly do: "try"; readonly id: number; readonly body: Block; readonly cleanup: Block }
  /** `try`, with a `catch` of failures; or of everything, cancellation of the scope included. */
  | { readonly do: "attempt"; readonly id: number; readonly body: Block; readonly everything: boolean }
  /**
   * Runs the body in a scope; `ms` is its deadline, from now. With `signal`, its parent is an `AbortSignal`, which is aborted
   * when the scope around is cancelled: an outer owner, of which nothing is known.
   */
  | {
      readonly do: "scope";
      readonly signal?: true;
      readonly id: number;
      readonly ms: number | null;
      readonly shield: boolean;
      readonly body: Block;
    }
  /** Runs the body for so long, and fails where that was too short (`timeout`), or goes on (`moveOnAfter`). */
  | {
      readonly do: "timeout" | "moveOnAfter";
      readonly id: number;
      readonly ms: number | null;
      readonly body: Block;
    }
  /** Moves the deadline of a scope or timeout around the statement: `ms` is from now, `null` is never. */
  | { readonly do: "move"; readonly id: number; readonly target: number; readonly ms: number | null }
  /** Runs the body with a new owner of tasks; all failures of a supervisor's may be `fatal`, and it may have a `drain`. */
  | {
      readonly do: "group" | "supervisor";
      readonly id: number;
      readonly limit: number | null;
      readonly fatal?: true;
      readonly drain?: ShutdownTimes;
      readonly body: Block;
    }
  /**
   * Shuts a supervisor down, if it was made; waits for the report on the scope, or goes on. The caller's scope is the requester. With
   * `named` the own id is the reason.
   */
  | (ShutdownTimes & {
      readonly do: "shutdown";
      readonly id: number;
      readonly supervisor: number;
      readonly wait: boolean;
      readonly named?: true;
    });

/** One run of a task, which has a body of its own. */
export interface Run {
  readonly do: "run";
  readonly id: number;
  readonly body: Block;
}

/** What only tasks of supervisors have. */
export interface TaskOptions {
  readonly placement?: Placement;
  readonly restart?: Restart;
}

/** When a shutdown comes to a task; with the grace `null`, what the shutdown says. */
export interface Placement {
  readonly stage: number;
  readonly grace: number | null;
}

/** When a task is run again. */
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

/** Whether what follows a statement may ever run. */
export function completes(statement: Statement): boolean {
  if (statement.do === "fail" || statement.do === "return") return false;
  return statement.do !== "try" || [statement.body, statement.cleanup].every((block) => block.every(completes));
}
