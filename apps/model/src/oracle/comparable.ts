import { type Block, type Program, type Statement, statementsOf } from "../program.js";

/** The length of a millisecond of the program: long enough that the statements can have distinct additions to it. */
const MILLISECOND = 1_000_000;

/** The place of a statement. */
interface Place {
  /**
   * Whether an outer owner's cancellation must take effect here at once. This is so in the body of a group, whose
   * tasks asyncio cancels only when the body has been interrupted (S2), and in the tasks of a group inside that body,
   * because the body would wait for them.
   */
  readonly swift: boolean;
  /** The same for the tasks of the groups around it, by the group's id. */
  readonly tasks: ReadonlyMap<number, boolean>;
  /** Whether a task that is already cancelled may run it. */
  readonly cleanup: boolean;
}

/**
 * Changes a program that asyncio can express into one that asyncio and Selvage must run with the same result.
 * differences.md has the reasons:
 *
 * 1. No two things are due at one time: neither side promises their order.
 * 2. A task sleeps first, and so does a timeout of 0: asyncio starts the task and cancels the timeout a little later (K1).
 * 3. Code does not continue at the very time at which it cancelled or awaited something (K2, K3).
 * 4. Nothing that ignores cancellation delays an outer owner's cancellation (S2).
 */
export function comparable({ body }: Program): Program {
  return { body: new Rewriting(body).block(body, { swift: false, cleanup: false, tasks: new Map() }) };
}

class Rewriting {
  #id = 0;

  constructor(body: Block) {
    for (const { id } of statementsOf(body)) this.#id = id;
  }

  block(block: Block, place: Place): Block {
    return block.flatMap((statement) => this.#statement(statement, place));
  }

  #statement(statement: Statement, place: Place): readonly Statement[] {
    switch (statement.do) {
      case "sleep":
      case "work":
        return [
          { do: place.swift ? "sleep" : statement.do, id: statement.id, ms: lasting(statement.id, statement.ms) },
        ];
      case "fail":
      case "return":
        return [statement];
      case "await":
        return [statement, this.#nap("sleep")];
      case "cancel":
        // It ignores cancellation, because a task that is already cancelled would not sleep.
        if (!place.swift) return [statement, this.#nap("work")];
        return place.cleanup ? [] : [statement, this.#nap("sleep")];
      case "try": {
        const cleanup = this.block(statement.cleanup, { ...place, cleanup: true });
        return [{ ...statement, body: this.block(statement.body, place), cleanup }];
      }
      case "attempt":
        return [{ ...statement, body: this.block(statement.body, place) }];
      case "timeout":
      case "moveOnAfter": {
        const { id, ms } = statement;
        const body = this.block(statement.body, place);
        if (ms === 0) return [{ ...statement, body: [this.#nap("sleep"), ...body] }];
        return [{ ...statement, ms: ms === null ? null : lasting(id, ms), body }];
      }
      case "spawn": {
        const inTask = { ...place, swift: place.tasks.get(statement.owner)!, cleanup: false };
        return [{ ...statement, body: [this.#nap("sleep"), ...this.block(statement.body, inTask)] }];
      }
      case "group": {
        const tasks = new Map([...place.tasks, [statement.id, place.swift]]);
        return [{ ...statement, body: this.block(statement.body, { ...place, swift: true, tasks }) }];
      }
      case "start":
      case "run":
      case "started":
      case "peek":
      case "stats":
      case "limit":
      case "idle":
      case "checkpoint":
      case "check":
      case "scope":
      case "move":
      case "supervisor":
      case "shutdown":
        throw new TypeError(`expected a program that asyncio can express, got a statement "${statement.do}"`);
    }
  }

  #nap(kind: "sleep" | "work"): Statement {
    const id = ++this.#id;
    return { do: kind, id, ms: spread(id) };
  }
}

function lasting(id: number, ms: number): number {
  return ms * MILLISECOND + spread(id);
}

/** The fraction of a millisecond of a statement: pseudo-random, so that sums of such fractions are almost never equal. */
function spread(id: number): number {
  let bits = Math.imul(id, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return 1 + (((bits ^ (bits >>> 16)) >>> 0) % (MILLISECOND - 1));
}
