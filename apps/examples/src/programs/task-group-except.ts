import { except, leaves, on } from "@selvage/exception-group";
import { TaskGroup } from "@selvage/task-group";
import type { Program, Stage } from "../program.js";
import { readAmount, readCurrency } from "./work/order.js";
import { ValueError } from "./work/value-error.js";

/*
 * Python's `except*`. Two readers fail, with a ValueError and a TypeError.
 *
 * Look at: which clauses run. With `catch` at most one clause runs, even if there are several errors. With `except`
 * one clause runs for each kind of error. Errors that no clause matches are rethrown.
 */
export const program: Program = {
  name: "task-group-except",
  description: "except handles each kind of error in its clause, and loses no error",
  async run(stage) {
    await withCatch(stage);
    await withExcept(stage);
    await withTooFewClauses(stage);
  },
};

async function withCatch({ out }: Stage): Promise<void> {
  out("Promise.all, and catch");
  try {
    await Promise.all([readAmount(), readCurrency()]);
  } catch (error) {
    if (error instanceof ValueError) out(`  the clause for ValueError got: ${error.message}`);
    else if (error instanceof TypeError) out(`  the clause for TypeError got: ${error.message}`);
    else throw error;
  }
}

async function withExcept({ out }: Stage): Promise<void> {
  out("TaskGroup, and except");
  try {
    await readOrder();
  } catch (error) {
    except(
      error,
      on(ValueError, (group) => {
        for (const { message } of group.errors) out(`  the clause for ValueError got: ${message}`);
      }),
      on(TypeError, (group) => {
        for (const { message } of group.errors) out(`  the clause for TypeError got: ${message}`);
      }),
    );
  }
}

async function withTooFewClauses({ out }: Stage): Promise<void> {
  out("TaskGroup, and except with a missing clause");
  try {
    await readOrder().catch((error: unknown) => {
      except(
        error,
        on(ValueError, (group) => {
          for (const { message } of group.errors) out(`  the clause for ValueError got: ${message}`);
        }),
      );
    });
  } catch (error) {
    for (const leaf of leaves(error)) out(`  rethrown: ${String(leaf)}`);
  }
}

function readOrder(): Promise<void> {
  return TaskGroup.run((group) => {
    group.createTask(readAmount);
    group.createTask(readCurrency);
  });
}
