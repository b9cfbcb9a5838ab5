import { type Block, type Program, type Statement, statementsOf } from "./program.js";

/**
 * Removes from a program what it does not need to fail. fast-check shortens a list only at its beginning, and so
 * keeps what follows a needed statement.
 *
 * @param fails - Whether a program still fails.
 */
export async function reduce(program: Program, fails: (program: Program) => Promise<boolean>): Promise<Program> {
  let reduced = program;
  for (let before = Infinity; countOf(reduced) < before;) {
    before = countOf(reduced);
    for (const { id } of [...statementsOf(reduced.body)].reverse()) {
      for (const next of [without(reduced, id, false), without(reduced, id, true)]) {
        if (countOf(next) < countOf(reduced) && (await fails(next))) reduced = next;
      }
    }
  }
  return reduced;
}

/** A program without a statement and everything that refers to it. With `unwrap`, the contents of the statement take its place. */
function without({ body }: Program, id: number, unwrap: boolean): Program {
  let left = filtered(body, (statement) => {
    if (statement.id !== id) return [statement];
    return unwrap && isTransparent(statement) ? statement.body : [];
  });
  for (let before = Infinity; countOf({ body: left }) < before;) {
    before = countOf({ body: left });
    const ids = new Set([0, ...[...statementsOf(left)].map((statement) => statement.id)]);
    left = filtered(left, (statement) => (referencesOf(statement).every((one) => ids.has(one)) ? [statement] : []));
  }
  return { body: left };
}

function filtered(block: Block, keep: (statement: Statement) => Block): Block {
  return block.flatMap((statement, index): Block => {
    const isLastRun = statement.do === "run" && index === block.length - 1; // it ends the task
    if (isLastRun) return [statement];
    return keep(statement).map((one) => {
      if (!("body" in one)) return one;
      const body = filtered(one.body, keep);
      return "cleanup" in one ? { ...one, body, cleanup: filtered(one.cleanup, keep) } : { ...one, body };
    });
  });
}

function referencesOf(statement: Statement): number[] {
  const references = new Set(["owner", "task", "target", "supervisor"]);
  return Object.entries(statement).flatMap(([key, value]) => (references.has(key) ? [value as number] : []));
}

/** Whether the contents of a statement may take its place: it is not a task, and has no `return`. */
function isTransparent(statement: Statement): statement is Extract<Statement, { do: "scope" | "try" | "attempt" }> {
  const kinds: readonly string[] = ["scope", "timeout", "moveOnAfter", "attempt", "try"];
  if (!kinds.includes(statement.do) || !("body" in statement)) return false;
  return ![...statementsOf(statement.body)].some((inner) => inner.do === "return");
}

function countOf({ body }: Program): number {
  return [...statementsOf(body)].length;
}
