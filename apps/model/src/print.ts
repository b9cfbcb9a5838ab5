import type { Block, Program, Run, ShutdownTimes, Statement, TaskOptions } from "./program.js";
import { completes } from "./program.js";
import { lineOf, type Event } from "./trace.js";

/**
 * A program as TypeScript: an expression for a function that takes a {@link Recorder}, `r`, and the scope to run in,
 * `test`. It has no types, so it is also JavaScript, and exactly this text can run.
 */
export function print({ body }: Program): string {
  const printed = new Printer().statement({ do: "scope", id: 0, ms: null, shield: false, body }, "test");
  return `async (test, r) => {\n${indent(printed)}\n}`;
}

/** A vitest test that runs a program and compares its trace, which can be pasted into a file in `test/`. */
export function printTest(title: string, program: Program, seed: number, trace: readonly Event[]): string {
  const expected = trace.map((event) => `${JSON.stringify(lineOf(event))},`).join("\n");
  const code = print(program);
  const used = (name: string): boolean => new RegExp(`\\b${name}[(.]`).test(code);
  const imports = [
    ["CancelScope, isCancellation", "@selvage/scope"],
    ["Supervisor", "@selvage/supervisor"],
    ["TaskGroup", "@selvage/task-group"],
    ["moveOnAfter, timeout", "@selvage/timeout"],
  ].flatMap(([names, from]) => {
    const wanted = names!.split(", ").filter(used);
    return wanted.length === 0 ? [] : [`import { ${wanted.join(", ")} } from "${from}";`];
  });
  const unsafe = "/* eslint-disable no-unsafe-finally -- a cleanup fails, on purpose */\n";
  return `${failsInFinally(program.body) ? unsafe : ""}${imports.join("\n")}
import { expect, it } from "vitest";
import { recordProgram } from "../src/record.js";
import { lineOf } from "../src/trace.js";

it(${JSON.stringify(title)}, async () => {
  const { trace } = await recordProgram(${seed}, ${indent(code).trimStart()});
  expect(trace.map(lineOf)).toEqual([
${indent(indent(expected))}
  ]);
});
`;
}

/** Whether a `finally` itself throws. */
function failsInFinally(block: Block, inFinally = false): boolean {
  return block.some((statement) => {
    if (statement.do === "fail") return inFinally;
    if (!("body" in statement)) return false;
    const isThread = statement.do !== "try" && statement.do !== "attempt";
    if (failsInFinally(statement.body, inFinally && !isThread)) return true;
    return "cleanup" in statement && failsInFinally(statement.cleanup, true);
  });
}

class Printer {
  /** @param scope - The variable that holds the scope of the thread that the statement is in. */
  statement(statement: Statement, scope: string): string {
    const { id } = statement;
    switch (statement.do) {
      case "sleep":
        if (statement.signal) return `await r.seen(${id}, () => r.fetch(${statement.ms}, ${scope}.signal));`;
        return `await r.seen(${id}, () => ${scope}.sleep(${statement.ms}));`;
      case "work":
        return `await r.seen(${id}, () => r.work(${statement.ms}));`;
      case "checkpoint":
        return `await r.seen(${id}, () => ${scope}.checkpoint());`;
      case "check":
        return `r.does(${id});\n${scope}.throwIfCancelled();`;
      case "fail":
        return `throw r.error(${id});`;
      case "return":
        return `return ${id};`;
      case "spawn": {
        const task = statement.restart ? this.#runs(statement) : this.#thread(id, "scope", "scope", statement.body);
        const options = `{ name: "${id}"${optionsOf(statement)} }`;
        return `r.spawn(${id}, () => owner${statement.owner}.createTask(${task}, ${options}));`;
      }
      case "start": {
        const { owner, scoped, restart, body } = statement;
        const run = restart
          ? this.#runs(statement)
          : this.#thread(id, `scope, started${id}`, `r.starting(${id}, owner${owner}, scope)`, body);
        const options = `{ name: "${id}"${scoped ? `, scope: ${scope}` : ""}${optionsOf(statement)} }`;
        return `await r.seen(${id}, () => r.start(${id}, owner${owner}, () => owner${owner}.start(${run}, ${options})));`;
      }
      case "run":
        return this.#thread(id, "scope", "scope", statement.body);
      case "started":
        return `r.does(${id});\nstarted${statement.task}(${id});`;
      case "limit":
        return `r.does(${id});\nowner${statement.owner}.limit = ${statement.limit ?? "Infinity"};`;
      case "idle":
        return `await r.seen(${id}, () => owner${statement.owner}.idle(${scope}));`;
      case "peek":
        return `r.does(${id});\nr.saw(${id}, r.peek(${statement.task}));`;
      case "stats":
        return `r.does(${id});\nr.saw(${id}, r.supervisors[${statement.supervisor}]?.stats());`;
      case "await":
        return `await r.seen(${id}, () => r.tasks[${statement.task}] && ${scope}.race(r.tasks[${statement.task}]));`;
      case "cancel":
        return `r.does(${id});\nr.scopes[${statement.target}]?.cancel("by ${id}");`;
      case "try":
        return `try ${this.#block(statement.body, scope)} finally ${this.#block(statement.cleanup, scope)}`;
      case "attempt": {
        const rethrow = statement.everything ? "" : `  if (isCancellation(error, ${scope})) throw error;\n`;
        return `try ${this.#block(statement.body, scope)} catch (error) {\n${rethrow}  r.caught(${id}, error);\n}`;
      }
      case "scope": {
        const deadline = statement.ms === null ? "" : `, deadline: ${whenOf(statement.ms)}`;
        const parent = statement.signal ? `r.follow(${id}, ${scope}), clock: r.clock` : scope;
        const options = `{ parent: ${parent}, name: "${id}"${deadline}${statement.shield ? ", shield: true" : ""} }`;
        return `await r.seen(${id}, () => CancelScope.run(${this.#thread(id, "scope", "scope", statement.body)}, ${options}));`;
      }
      case "timeout":
      case "moveOnAfter": {
        const thread = this.#thread(id, "limit", "limit", statement.body);
        return `await r.seen(${id}, () => ${statement.do}(${statement.ms}, ${thread}, { parent: ${scope}, name: "${id}" }));`;
      }
      case "move":
        return `r.does(${id});\nscope${statement.target}.deadline = ${statement.ms === null ? "Infinity" : whenOf(statement.ms)};`;
      case "group":
      case "supervisor": {
        const run = statement.do === "group" ? "TaskGroup.run" : "Supervisor.run";
        const limit = statement.limit === null ? "" : `, limit: ${statement.limit}`;
        const onError =
          statement.do === "group" ? "" : `, onError: r.told(${id})${statement.fatal ? ", isFatal: () => true" : ""}`;
        const drain = statement.drain ? `, drain: { ${timesOf(statement.drain)} }` : "";
        const options = `{ parent: ${scope}, name: "${id}"${limit}${drain}${onError} }`;
        return `await r.seen(${id}, () => ${run}(${this.#thread(id, `owner${id}`, `owner${id}`, statement.body)}, ${options}));`;
      }
      case "shutdown": {
        const reason = statement.named ? `, reason: "by ${id}"` : "";
        const options = `{ ${timesOf(statement)}${reason}, requestedBy: ${scope} }`;
        const supervisor = `r.supervisors[${statement.supervisor}]`;
        if (!statement.wait) return `r.does(${id});\nvoid ${supervisor}?.shutdown(${options});`;
        return `await r.seen(${id}, () => ${supervisor} && ${scope}.race(${supervisor}.shutdown(${options})));`;
      }
    }
  }

  /** One function for all runs of a task. */
  #runs({ do: kind, id, owner, body }: Extract<Statement, { do: "spawn" | "start" }>): string {
    const runs = body.map((run) => {
      const parameters = kind === "start" ? `scope, started${run.id}` : "scope";
      return `${this.#thread(run.id, parameters, "scope", (run as Run).body)},`;
    });
    return `r.again(${id}, owner${owner}, [\n${indent(runs.join("\n"))}\n])`;
  }

  #thread(id: number, parameter: string, owner: string, body: Block): string {
    const scope = `scope${id}`;
    const block = this.#block(body, scope, body.every(completes) ? `return ${id};` : undefined);
    const used = new RegExp(`\\b${scope}\\b`).test(block) ? scope : "";
    return `(${parameter}) => r.run(${id}, ${owner}, async (${used}) => ${block})`;
  }

  #block(block: Block, scope: string, end?: string): string {
    const lines = block.map((statement) => this.statement(statement, scope));
    if (end !== undefined) lines.push(end);
    return lines.length === 0 ? "{}" : `{\n${indent(lines.join("\n"))}\n}`;
  }
}

/** The printed options of a supervisor's task. */
function optionsOf({ placement, restart }: TaskOptions): string {
  const grace = placement === undefined || placement.grace === null ? "" : `, grace: ${placement.grace}`;
  const stage = placement === undefined ? "" : `, stage: ${placement.stage}`;
  if (restart === undefined) return stage + grace;
  const { when, maxRestarts, within, backoff } = restart;
  const waits =
    backoff && `{ initial: ${backoff.initial}, factor: ${backoff.factor}, max: ${backoff.max}, jitter: false }`;
  const policy = `when: "${when}", maxRestarts: ${maxRestarts}, within: ${within}${waits === null ? "" : `, backoff: ${waits}`}`;
  return `${stage}${grace}, restart: { ${policy} }`;
}

function timesOf({ grace, timeout }: ShutdownTimes): string {
  return `grace: ${grace}${timeout === null ? "" : `, timeout: ${timeout}`}`;
}

function whenOf(ms: number): string {
  return `r.clock.now() + ${ms}`;
}

function indent(code: string): string {
  return code.replace(/^(?=.)/gm, "  ");
}
