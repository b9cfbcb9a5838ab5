import { type Block, type Program, type Statement, statementsOf } from "../program.js";

/** How long a millisecond of the program lasts: long enough to tell its statements apart by what is added to it. */
const MILLISECOND = 1_000_000;

/** Where a statement stands. */
interface Place {
  /**
   * Whether an outer owner's cancellation must get through here at once. asyncio cancels a group's children only after the body
   * has been cut, so that they would live on while the body is deaf, or waits for another group whose tasks are: S2.
   */
  readonly swift: boolean;
  /** Whether it may run in a scope that is cancelled already. */
  readonly cleanup: boolean;
  /** The same as `swift` for the tasks of the groups around, by the group's id. */
  readonly tasks: ReadonlyMap<number, boolean>;
}

/**
 * The program that asyncio and Selvage must run alike, of one that `programs({ asyncio: true })` has drawn. What is changed, and
 * the rule because of which, is in differences.md:
 *
 * 1. No two things are ever due at one time.
 * 2. A task sleeps first: asyncio starts it later, or never if it is cancelled at once (K1).
 * 3. Nobody goes on at the very time at which something was cancelled, or awaited (T2, K2).
 * 4. Nothing deaf delays an outer owner's cancellation within the body of a group (S2).
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
        if (place.swift) return place.cleanup ? [] : [statement, this.#nap("sleep")];
        return [statement, this.#nap("work")];
      case "try": {
        const { body, cleanup } = statement;
        return [
          { ...statement, body: this.block(body, place), cleanup: this.block(cleanup, { ...place, cleanup: true }) },
        ];
      }
      case "attempt":
        return [{ ...statement, body: this.block(statement.body, place) }];
      case "timeout":
      case "moveOnAfter":
        return [
          {
            ...statement,
            ms: statement.ms === null ? null : lasting(statement.id, statement.ms),
            body: this.block(statement.body, place),
          },
        ];
      case "spawn": {
        const swift = place.tasks.get(statement.owner)!;
        return [
          {
            ...statement,
            body: [this.#nap("sleep"), ...this.block(statement.body, { ...place, swift, cleanup: false })],
          },
        ];
      }
      case "group": {
        const tasks = new Map([...place.tasks, [statement.id, place.swift]]);
        return [{ ...statement, body: this.block(statement.body, { ...place, swift: true, tasks }) }];
      }
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

/** A part of a millisecond that belongs to a statement: drawn, as it were, so that no sums of such parts are likely to be equal. */
function spread(id: number): number {
  let bits = id * 0x9e3779b9;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return 1 + (((bits ^ (bits >>> 16)) >>> 0) % (MILLISECOND - 1));
}
