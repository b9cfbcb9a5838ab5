import { isCancellation, type TaskFunction, type TaskStatus } from "@selvage/scope";
import type { FailureInfo, ShutdownReport } from "@selvage/supervisor";
import type { Kind } from "./kind.js";

/** What is known of one task of the service. */
export interface Entry {
  readonly name: string;
  /** `undefined` for what is not a request. */
  readonly kind: Kind | undefined;
  /** How often its function was called: more than once for a worker that is restarted. */
  runs: number;
  /** The errors that its function threw, without cancellations. */
  readonly failures: unknown[];
  /** What `onError` was called with. */
  readonly reported: (FailureInfo & { readonly error: unknown })[];
  /** How the task ended. */
  status: TaskStatus;
  /** Whether the shutdown had begun by then. */
  endedInShutdown: boolean;
  /** The status of the answer; `undefined` where none was sent. */
  answer: number | undefined;
}

/** What the service itself has counted, to compare it with what the supervisor and the clients say. */
export class Books {
  /** The names of requests that were refused, as the server was shutting down. */
  readonly refused: string[] = [];
  /** What every caller of `shutdown` got, but a task that asked for it. */
  readonly reports: Promise<ShutdownReport>[] = [];
  /** What the task got that asked for a shutdown, when no other task was left. */
  requestersReport: ShutdownReport | undefined = undefined;
  /** How often the listener of `onShutdown` was called. */
  stops = 0;
  /** What `run` resolved with, and what its body returned. */
  outcome: { readonly value: string | undefined; readonly returned: string | undefined } | undefined = undefined;
  /** What must not be, noted where it was seen. */
  readonly odd: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #live = new Set<Entry>();
  #allEnded: (() => void) | undefined = undefined;

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  /** Those that have not ended. */
  get live(): readonly Entry[] {
    return [...this.#live];
  }

  entry(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** Adds a task that is going to be made. */
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

  /** The function, whose runs and errors are counted. */
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

  /** Resolves when every task has ended, those included that the supervisor has abandoned. */
  async allEnded(): Promise<void> {
    if (this.#live.size > 0) await new Promise<void>((resolve) => (this.#allEnded = resolve));
  }
}
