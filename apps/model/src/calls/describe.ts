import { type CancelScope, ExceptionGroup } from "@selvage/scope";
import type { CompletedTask } from "@selvage/task-group";
import { ProgramError } from "../trace.js";

/** Describes outcomes and errors in the words of the model. */
export class Describer {
  readonly #outer: CancelScope;

  /** @param outer - The scope around the call. */
  constructor(outer: CancelScope) {
    this.#outer = outer;
  }

  readonly outcome = (outcome: PromiseSettledResult<number>): string =>
    outcome.status === "fulfilled" ? `= ${outcome.value}` : `! ${this.error(outcome.reason)}`;

  task(task: CompletedTask<number>): string {
    try {
      return `= ${task.result()}`;
    } catch (error) {
      return `! ${this.error(error)}`;
    }
  }

  error(error: unknown): string {
    if (error instanceof ProgramError) return `E${error.id}`;
    if (error instanceof ExceptionGroup) {
      const group = `G[${error.errors.map((member) => this.error(member)).join(" ")}]`;
      const { results } = error as { results?: readonly PromiseSettledResult<number>[] };
      return results === undefined ? group : `${group} with ${describeList(results, this.outcome)}`;
    }
    if (error instanceof TypeError) return "TypeError";
    const { scope, cause } = error as { scope?: CancelScope; cause?: unknown };
    if (scope === this.#outer) return "C(outer)";
    if (scope?.name === "call") return "C(call)";
    return scope === undefined ? `?${String(error)}` : `C(${String(cause)})`;
  }
}

export function describeList<T>(results: readonly T[], describe: (result: T) => string): string {
  return `= [${results.map(describe).join(", ")}]`;
}

export function describeKeys<T>(results: Readonly<Record<string, T>>, describe: (result: T) => string): string {
  return `= {${Object.entries(results)
    .map(([key, result]) => `${key} ${describe(result)}`)
    .join(", ")}}`;
}
