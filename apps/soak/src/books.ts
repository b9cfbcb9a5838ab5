import { isCancellation, type TaskFunction, type TaskStatus } from "@selvage/scope";
import type { FailureInfo, ShutdownReport } from "@selvage/supervisor";
import type { Kind } from "./kind.js";

/** The account of one task of the service. */
export interface Entry {
  readonly name: string;
  /** `undefined` for a task that is not a request. */
  readonly kind: Kind | undefined;
  /** The number of calls of its function: more than one for a restarted worker. */
  runs: number;
  /** The errors that its function threw, without cancellations. */
  readonly failures: unknown[];
  /** The errors that `onError` received. */
  readonly reported: (FailureInfo & { readonly error: unknown })[];
  /** How the task ended. */
  status: TaskStatus;
  /** Whether the shutdown had begun by then. */
  endedInShutdown: boolean;
  /** The status of the answer; `undefined` if none was sent. */
  answer: number | undefined;
}

/** The counts of the service itself, which are compared with those of the supervisor and the clients. */
export class Books {
  /** The names of requests that were refused, as the server was shutting down. */
  readonly refused: string[] = [];
  /** The reports for all callers of `shutdown` except requesters. */
  readonly reports: Promise<ShutdownReport>[] = [];
  /** The report for the task that requested a shutdown, when no other task was left. */
  requestersReport: ShutdownReport | undefined = undefined;
  /** The number of calls of the `onShutdown` listener. */
  stops = 0;
  /** The value of `run`, and that of its body. */
  outcome: { readonly value: string | undefined; readonly returned: string | undefined } | undefined = undefined;
  /** Problems that were noted when they occurred. */
  readonly odd: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #live = new Set<Entry>();
  #allEnded: (() => void) | undefined = undefined;

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** The tasks that have not ended. */
  get live(): readonly Entry[] {
    return [...this.#live];
  }

  entry(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** Adds a task before it is created. */
  add(name: string, kind?: Kind): Entry {
    if (this.#entries.has(name)) throw new Error(`expected only one task to be called "${name}"`);
    const ended = { status: "pending", endedInShutdown: false, answer: undefined } as const;
    const entry: Entry = { name, kind, runs: 0, failures: [], reported: [], ...ended };
    this.#entries.set(name, entry);
    this.#live.add(entry);
    return entry;
  }

  /** Removes a task that was not accepted. */
  refuse(entry: Entry): void {
    this.#entries.delete(entry.name);
    this.#live.delete(entry);
    if (entry.kind !== undefined) this.refused.push(entry.name);
  }

  /** Wraps a function so that its runs and errors are counted. */
  watch<T>(entry: Entry, fn: TaskFunction<T>): TaskFunction<T> {
    return async (scope) => {
      entry.runs++;
      try {
        return await fn(scope);
      } catch (error) {
        if (!isCancellation(error)) entry.failures.push(error);
        throw error;
      }
    };
  }

  ended(entry: Entry, status: TaskStatus, inShutdown: boolean): void {
    entry.status = status;
    entry.endedInShutdown = inShutdown;
    this.#live.delete(entry);
    if (this.#live.size === 0) this.#allEnded?.();
  }

  /** Resolves when every task has ended, including those that the supervisor has abandoned. */
  async allEnded(): Promise<void> {
    if (this.#live.size > 0) await new Promise<void>((resolve) => (this.#allEnded = resolve));
  }
}
