import { type Block, type Program, type Statement, statementsOf } from "../program.js";

/** How long a millisecond of the program lasts: long enough to tell its statements apart by what is added to it. */
const MILLISECOND = 1_000_000;

/** Where a statement stands. */
interface Place {
  /**
   * Whether an outer owner's cancellation must get through here at once: in the body of a group, whose tasks asyncio cancels only
   * when the body has been cut (S2), and in the tasks of a group in there, for which that body would wait.
   */
  readonly swift: boolean;
  /** The same for the tasks of the groups around, by the group's id. */
  readonly tasks: ReadonlyMap<number, boolean>;
  /** Whether it may be run by a task that is cancelled already. */
  readonly cleanup: boolean;
}

/**
 * Changes a program of what asyncio can express into one that asyncio and Selvage must run alike. Why, differences.md says:
 *
 * 1. No two things are due at one time: neither side promises their order.
 * 2. A task sleeps first, and so does a timeout that has no time: asyncio starts the one and cancels the other a little later (K1).
 * 3. Nobody goes on at the very time at which it cancelled or awaited something (K2, K3).
 * 4. Nothing deaf is in the way of an outer owner's cancellation (S2).
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
        // Deaf: who is cancelled already would not sleep.
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

/** A part of a millisecond that belongs to a statement: as if drawn, so that hardly any sums of such parts are equal. */
function spread(id: number): number {
  let bits = Math.imul(id, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return 1 + (((bits ^ (bits >>> 16)) >>> 0) % (MILLISECOND - 1));
}
