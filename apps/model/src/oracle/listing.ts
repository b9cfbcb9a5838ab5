import { type Block, type Program, type Statement } from "../program.js";

/** A program as an outline, a line for each statement: its id, its kind, and its operands. */
export function listing({ body }: Program): string {
  return linesOf(body).join("\n");
}

function linesOf(block: Block): readonly string[] {
  return block.flatMap((statement) => [
    headOf(statement),
    ...("body" in statement ? indented(statement.body) : []),
    ...("cleanup" in statement ? ["finally", ...indented(statement.cleanup)] : []),
  ]);
}

function indented(block: Block): readonly string[] {
  return linesOf(block).map((line) => `    ${line}`);
}

function headOf(statement: Statement): string {
  const { id, do: kind } = statement;
  if ("ms" in statement) return `${id} ${kind} ${statement.ms}`;
  if ("owner" in statement) return `${id} ${kind} in ${statement.owner}`;
  if ("task" in statement) return `${id} ${kind} ${statement.task}`;
  if ("target" in statement) return `${id} ${kind} ${statement.target}`;
  return `${id} ${kind}`;
}
