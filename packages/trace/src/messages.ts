/** What all messages of {@link publish} have. It is plain data, except `error`. */
export interface ScopeMessage {
  /** A small number that identifies the scope in this process, as in `snapshot`. */
  readonly id: number;
  /** The id of the scope above it; `null` for a root, and for a scope that was detached before. */
  readonly parent: number | null;
  /** "scope", "task", or the kind of the owner of tasks: "TaskGroup". */
  readonly kind: string;
  readonly name: string | null;
  /** For a task, "queued", "running", "waiting to restart" or how it ended. For any other scope, "live" or "closed". */
  readonly status: string;
}

/** A message on the channel `selvage:scope:cancel`. */
export interface CancelMessage extends ScopeMessage {
  /** The id of the owner of the cancellation: usually this scope. */
  readonly cancelledBy: number;
  /** The message of the `CancelledError`. */
  readonly message: string;
  /** The reason that was given to `cancel`, itself. */
  readonly reason: unknown;
}

/** A message on the channel `selvage:scope:close`. */
export interface CloseMessage extends ScopeMessage {
  /** The final status, also of a scope that is not a task: "fulfilled", "rejected" or "cancelled". */
  readonly status: "fulfilled" | "rejected" | "cancelled";
  /** The error itself, if the status is "rejected"; otherwise `undefined`. */
  readonly error: unknown;
  /** The id of the scope whose cancellation reached it; `null` if it is not cancelled. */
  readonly cancelledBy: number | null;
}

/** A message on the channel `selvage:supervisor:failure`. The scope is that of the task. */
export interface FailureMessage extends ScopeMessage {
  /** The error itself. */
  readonly error: unknown;
  /** The number of the run that failed, from 1. */
  readonly attempt: number;
  /** When the task runs again, in milliseconds from now; `null` if it does not. */
  readonly restartsIn: number | null;
}

/** A message on the channel `selvage:supervisor:restart`. The scope is that of the task. */
export interface RestartMessage extends ScopeMessage {
  /** The number of the run that begins, from 2. */
  readonly attempt: number;
}

/** A message on the channel `selvage:supervisor:shutdown`. */
export interface ShutdownMessage extends ScopeMessage {
  readonly phase: "begun" | "stage" | "cancelled" | "over";
  /** The stage whose turn it is, in the phase "stage"; otherwise `null`. */
  readonly stage: number | null;
}

/** The messages of each channel of {@link publish}. */
export interface Messages {
  readonly "selvage:scope:open": ScopeMessage;
  readonly "selvage:scope:start": ScopeMessage;
  readonly "selvage:scope:cancel": CancelMessage;
  readonly "selvage:scope:close": CloseMessage;
  readonly "selvage:supervisor:failure": FailureMessage;
  readonly "selvage:supervisor:restart": RestartMessage;
  readonly "selvage:supervisor:shutdown": ShutdownMessage;
}
