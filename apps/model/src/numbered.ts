import { type Block, completes, type Program, type Run, type Statement, type TaskOptions } from "./program.js";
import type { Raw } from "./raw.js";

/** Something that statements can refer to. */
interface Made {
  readonly id: number;
  readonly kind: Statement["do"];
  /** The last id in it; `Infinity` until it is complete. */
  last: number;
  /** Whether it is created by a `start`, and may report that it is ready. */
  readonly isStart?: boolean;
}

/** A `cancel` whose target is known only at the end, because the target may come after it. */
interface Cancel {
  readonly do: "cancel";
  readonly id: number;
  target: number;
}

/** Makes a program of generated statements: numbers them, resolves their references, and omits those without a target. */
export function numbered(raw: readonly Raw[], { onlyTasks = false }: { onlyTasks?: boolean } = {}): Program {
  return new Numbering(onlyTasks, true).program(raw) ?? new Numbering(onlyTasks, false).program(raw)!;
}

class Numbering {
  readonly #onlyTasks: boolean;
  readonly #hasCancels: boolean;
  readonly #made: Made[] = [];
  readonly #cancels: { readonly statement: Cancel; readonly pick: number }[] = [];
  #id = 0;

  /** @param onlyTasks - Whether only tasks are cancelled. @param hasCancels - Whether there are cancels at all. */
  constructor(onlyTasks: boolean, hasCancels: boolean) {
    this.#onlyTasks = onlyTasks;
    this.#hasCancels = hasCancels;
  }

  /** `undefined` if something should be cancelled but nothing can be. */
  program(raw: readonly Raw[]): Program | undefined {
    const body = this.#block(raw, [], true);
    const tasks = this.#made.filter(({ kind }) => kind === "spawn").map(({ id }) => id);
    const scopes = this.#made.filter(({ kind }) => kind !== "run").map(({ id }) => id);
    const targets = this.#onlyTasks ? tasks : [0, ...scopes];
    for (const { statement, pick } of this.#cancels) {
      const target = pickOf(targets, pick);
      if (target === undefined) return undefined;
      statement.target = target;
    }
    return { body };
  }

  /**
   * @param around - The scopes around the block, outermost first.
   * @param returns - Whether the block may contain a `return`.
   */
  #block(raw: readonly Raw[], around: readonly Made[], returns: boolean): Block {
    const block: Statement[] = [];
    for (const one of raw) {
      const statement = this.#statement(one, around, returns);
      if (statement !== undefined) block.push(statement);
      if (statement !== undefined && !completes(statement)) break;
    }
    return block;
  }

  #statement(raw: Raw, around: readonly Made[], returns: boolean): Statement | undefined {
    const id = this.#id + 1;
    const inside = (made: Made | undefined, of: readonly Made[], inner: boolean, drawn = raw.body): Block => {
      this.#id = id;
      if (made !== undefined) this.#made.push(made);
      const block = this.#block(drawn, made === undefined ? of : [...of, made], inner);
      if (made !== undefined) made.last = this.#id;
      return block;
    };
    const take = <S extends Statement>(statement: S): S => {
      this.#id = Math.max(this.#id, id);
      return statement;
    };
    const made: Made = { id, kind: raw.do, last: Infinity };
    switch (raw.do) {
      case "sleep": {
        const bySignal = raw.flag && raw.pick % 2 === 0 && !this.#onlyTasks;
        return take({ do: "sleep", id, ms: raw.ms, ...(bySignal ? { signal: true } : {}) });
      }
      case "work":
        return take({ do: "work", id, ms: raw.ms });
      case "checkpoint":
      case "check":
      case "fail":
        return take({ do: raw.do, id });
      case "return":
        return returns ? take({ do: raw.do, id }) : undefined;
      case "spawn":
      case "start": {
        const owner = pickOf(around.filter(({ kind }) => isOwner(kind)).reverse(), raw.flag ? 0 : raw.pick);
        if (owner === undefined) return undefined;
        const outer = around.slice(0, around.indexOf(owner) + 1);
        const isStart = raw.do === "start";
        const scoped = raw.pick % 2 === 0;
        const options = owner.kind === "supervisor" ? optionsOf(raw) : {};
        const withRuns = { ...made, isStart: isStart && options.restart === undefined };
        const first = isStart && raw.pick % 4 !== 0 ? withStarted(raw) : raw.body;
        const body =
          options.restart === undefined
            ? inside(withRuns, outer, true, first)
            : this.#runs(withRuns, outer, raw, [first, ...raw.restart!.again], isStart);
        if (isStart) return { do: "start", id, owner: owner.id, scoped, ...options, body };
        return { do: "spawn", id, owner: owner.id, ...options, body };
      }
      case "run":
        return undefined;
      case "started": {
        const task = pickOf(around.filter(({ isStart }) => isStart).reverse(), raw.flag ? 0 : raw.pick);
        return task && take({ do: "started", id, task: task.id });
      }
      case "peek": {
        const inside = around.filter((made) => isTask(made));
        const task = pickOf([...inside.reverse(), ...this.#earlier("spawn"), ...this.#earlier("start")], raw.pick);
        return task && take({ do: "peek", id, task: task.id });
      }
      case "stats": {
        const supervisors = around.filter(({ kind }) => kind === "supervisor").reverse();
        const supervisor = pickOf([...supervisors, ...this.#earlier("supervisor")], raw.pick);
        return supervisor && take({ do: "stats", id, supervisor: supervisor.id });
      }
      case "limit": {
        const owner = pickOf(around.filter(({ kind }) => isOwner(kind)).reverse(), raw.pick);
        return owner && take({ do: "limit", id, owner: owner.id, limit: raw.flag ? null : 1 + (raw.ms % 3) });
      }
      case "idle": {
        // Usually an owner that the statement is not a child of, because a call by a child is an error.
        const owners = around.filter(({ kind }, index) => isOwner(kind) && !(raw.flag && isTask(around[index + 1])));
        const owner = pickOf(owners.reverse(), raw.pick);
        return owner && take({ do: "idle", id, owner: owner.id });
      }
      case "await": {
        const task = pickOf(this.#earlier("spawn"), raw.pick);
        return task && take({ do: "await", id, task: task.id });
      }
      case "cancel": {
        if (!this.#hasCancels) return undefined;
        const statement: Cancel = take({ do: "cancel", id, target: 0 });
        this.#cancels.push({ statement, pick: raw.pick });
        return statement;
      }
      case "try": {
        const body = inside(undefined, around, returns);
        return { do: "try", id, body, cleanup: this.#block(raw.cleanup, around, false) };
      }
      case "attempt":
        return {
          do: "attempt",
          id,
          body: inside(undefined, around, returns),
          everything: raw.flag && !this.#onlyTasks,
        };
      case "scope":
        return {
          do: "scope",
          id,
          ms: raw.more,
          shield: raw.flag,
          ...(raw.pick % 3 === 0 ? { signal: true } : {}),
          body: inside(made, around, true),
        };
      case "timeout":
      case "moveOnAfter":
        return { do: raw.do, id, ms: raw.pick % 10 === 0 ? null : raw.ms, body: inside(made, around, true) };
      case "move": {
        const target = pickOf(around.filter(({ kind }) => isLimit(kind)).reverse(), raw.pick);
        return target && take({ do: "move", id, target: target.id, ms: raw.more });
      }
      case "group":
      case "supervisor": {
        const limit = raw.flag && !this.#onlyTasks ? 1 + (raw.pick % 3) : null;
        const isFatal = raw.do === "supervisor" && raw.more === null;
        const drain = raw.drain === null ? {} : { drain: raw.drain };
        const options = { ...(isFatal ? { fatal: true as const } : {}), ...drain };
        return { do: raw.do, id, limit, ...options, body: inside(made, around, true) };
      }
      case "shutdown": {
        const supervisors = around.filter(({ kind }) => kind === "supervisor").reverse();
        const supervisor = pickOf([...supervisors, ...this.#earlier("supervisor")], raw.pick);
        if (supervisor === undefined) return undefined;
        const { ms: grace, more: timeout, flag: wait } = raw;
        const named = raw.pick % 3 === 0 ? { named: true as const } : {};
        return take({ do: "shutdown", id, supervisor: supervisor.id, grace, timeout, wait, ...named });
      }
    }
  }

  /** The runs of a restarted task. The last run cancels itself, so that no run follows. */
  #runs(task: Made, around: readonly Made[], raw: Raw, bodies: readonly (readonly Raw[])[], isStart: boolean): Run[] {
    this.#id = task.id;
    this.#made.push(task);
    const runs = bodies.map((drawn): Run => {
      const id = ++this.#id;
      const made: Made = { id, kind: "run", last: Infinity, isStart };
      this.#made.push(made);
      const body = [...this.#block(drawn, [...around, task, made], true)];
      if (raw.restart!.fails && body.every(completes)) body.push({ do: "fail", id: ++this.#id });
      made.last = this.#id;
      return { do: "run", id, body };
    });
    const id = ++this.#id;
    const cancel: Statement = { do: "cancel", id: ++this.#id, target: raw.flag ? id : task.id };
    runs.push({ do: "run", id, body: [cancel, { do: "check", id: ++this.#id }] });
    task.last = this.#id;
    return runs;
  }

  /** What was created before and is complete, so that the statement is not in it. */
  #earlier(kind: Statement["do"]): Made[] {
    return this.#made.filter((made) => made.kind === kind && made.last <= this.#id);
  }
}

function isOwner(kind: Statement["do"]): boolean {
  return kind === "group" || kind === "supervisor";
}

function isTask(made: Made | undefined): boolean {
  return made?.kind === "spawn" || made?.kind === "start";
}

/** The generated options of a supervisor's task. */
function optionsOf({ placement, restart }: Raw): TaskOptions {
  return {
    ...(placement === null ? {} : { placement }),
    ...(restart === null ? {} : { restart: restart.policy }),
  };
}

const NOTHING = { placement: null, restart: null, drain: null };

/** The body of a `start`, with a `started` at some place in it. */
function withStarted({ body, ms }: Raw): readonly Raw[] {
  const started: Raw = { do: "started", pick: 0, ms: 0, more: null, flag: true, body: [], cleanup: [], ...NOTHING };
  return body.toSpliced(ms % (body.length + 1), 0, started);
}

function isLimit(kind: Statement["do"]): boolean {
  return kind === "scope" || kind === "timeout" || kind === "moveOnAfter";
}

function pickOf<T>(candidates: readonly T[], pick: number): T | undefined {
  return candidates[pick % Math.max(1, candidates.length)];
}
