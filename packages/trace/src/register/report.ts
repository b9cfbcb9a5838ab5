import type { CancelScope } from "@selvage/scope";
import type { snapshot, Snapshot } from "@selvage/scope/debug";

/** What a process says about its trees, as plain JSON data. */
export interface Report {
  readonly pid: number;
  /** The program: the name of the main script, or of the executable. */
  readonly title: string;
  /** For how many milliseconds the process has run. */
  readonly uptime: number;
  readonly trees: readonly Snapshot[];
  /** How many whole trees are left out because there is too much. What is left out of a tree is counted in the tree. */
  readonly moreTrees: number;
  /** Why trees could not be read: a clock threw. */
  readonly errors: readonly string[];
}

/** What is live in some trees. */
export type Trees = Pick<Report, "trees" | "moreTrees" | "errors">;

/** The maximum number of scopes in a report. Taking and sending it then takes some ten milliseconds. */
export const MOST_SCOPES = 5_000;

/**
 * Takes snapshots of trees. It refers only to its arguments, because its source is also sent to other processes, where it gets their `snapshot`.
 *
 * @param maxScopes - The maximum number of scopes in all trees.
 */
export function takeTrees(roots: Iterable<CancelScope>, take: typeof snapshot, maxScopes: number): Trees {
  const trees: Snapshot[] = [];
  const errors: string[] = [];
  let moreTrees = 0;
  let left = maxScopes;
  for (const root of roots) {
    if (left <= 0) {
      moreTrees++;
      continue;
    }
    try {
      const tree = take(root, { maxScopes: left });
      trees.push(tree);
      for (const { tasks } of tree.containers) left -= 1 + tasks.length;
    } catch (error) {
      let text = "an error that cannot be printed"; // a clock may throw anything, and the other trees must be read
      try {
        text = String(error).slice(0, 1_000);
      } catch {
        // Its `toString` throws.
      }
      errors.push(text);
      left--;
    }
  }
  return { trees, moreTrees, errors };
}
