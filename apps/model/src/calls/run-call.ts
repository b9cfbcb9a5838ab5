import { CancelScope } from "@selvage/scope";
import { any, asCompleted, gather, gatherSettled, map, mapSettled, race } from "@selvage/task-group";
import { StalledError, VirtualClock } from "@selvage/testing";
import { ProgramError } from "../trace.js";
import { type Call, isOfItems, type Work } from "./call.js";
import { Describer, describeKeys, describeList } from "./describe.js";
import { makeSource } from "./make-source.js";

/** The problem of a call that waits for ever. */
export const NEVER_ENDS = "it never ends";

type WorkFunction = (scope: CancelScope) => Promise<number>;

/** The result of a call: lines in the form and order of the model. */
export interface CallRun {
  readonly lines: readonly string[];
  /** Problems: unhandled rejections, and timers and scopes that are left. */
  readonly wrong: readonly string[];
}

/** Runs a call on a virtual clock with this seed, under an outer scope. */
export async function runCall(call: Call, seed: number): Promise<CallRun> {
  const clock = new VirtualClock({ seed });
  const run = new Run(call, clock);
  const wrong: string[] = [];
  const note = (error: unknown): void => void wrong.push(`unhandled: ${String(error)}`);
  process.on("unhandledRejection", note);
  try {
    await clock.run((test) => run.run(test));
    await clock.runAll(); // for late steps of a source
    if (clock.pending > 0) wrong.push(`${clock.pending} timers are left`);
  } catch (error) {
    wrong.push(error instanceof StalledError ? NEVER_ENDS : `it failed: ${String(error)}`);
  } finally {
    process.off("unhandledRejection", note);
  }
  const lines = run.lines.sort((one, other) => one.at - other.at || (one.text < other.text ? -1 : 1));
  return { lines: lines.map(({ text }) => text), wrong };
}

class Run {
  readonly lines: { readonly at: number; readonly text: string }[] = [];
  readonly #call: Call;
  readonly #clock: VirtualClock;
  /** The index of each task, by its scope. */ readonly #indices = new Map<CancelScope, number>();

  constructor(call: Call, clock: VirtualClock) {
    this.#call = call;
    this.#clock = clock;
  }

  async run(test: CancelScope): Promise<void> {
    const { outer } = this.#call;
    const parent = new CancelScope({ parent: test });
    const describer = new Describer(parent);
    const cancel = (): void => {
      parent.cancel("outer");
    };
    const timer = outer === null ? undefined : this.#clock.setTimer(cancel, outer);
    let outcome: string;
    try {
      outcome = await this.#begin(parent, describer);
    } catch (error) {
      outcome = `! ${describer.error(error)}`;
    }
    this.#log(`ended ${outcome}`);
    this.#clock.clearTimer(timer);
    parent.close(); // throws if a scope is left in it
  }

  #begin(parent: CancelScope, describer: Describer): Promise<string> {
    const { of, keyed } = this.#call;
    const options = { parent, name: "call", limit: this.#call.limit ?? Infinity };
    const settled = { ...options, within: this.#call.within ?? Infinity };
    const discarded = (outcome: PromiseSettledResult<number>, index: number): void => {
      this.#log(`discarded ${index} ${describer.outcome(outcome)}`);
    };
    const undelivered = (index: number): void => {
      this.#log(`undelivered ${index}`);
    };
    const functions = this.#functions();
    const byKey = Object.fromEntries(functions.map((fn, index) => [`key${index}`, fn]));
    const fn = (index: number, scope: CancelScope): Promise<number> => this.#work(index, scope);
    const items = isOfItems(this.#call) ? makeSource(this.#call, this.#clock, this.#log) : [];
    switch (of) {
      case "gather":
        if (keyed) return gather(byKey, options).then((results) => describeKeys(results, String));
        return gather(functions, options).then((results) => describeList(results, String));
      case "race":
        return race(functions, { ...options, discarded }).then((value) => `= ${value}`);
      case "any":
        return any(functions, { ...options, discarded }).then((value) => `= ${value}`);
      case "gatherSettled":
        if (keyed) return gatherSettled(byKey, settled).then((results) => describeKeys(results, describer.outcome));
        return gatherSettled(functions, settled).then((results) => describeList(results, describer.outcome));
      case "map":
        return map(items, fn, { ...options, undelivered }).then((results) => describeList(results, String));
      case "mapSettled":
        return mapSettled(items, fn, { ...settled, undelivered }).then((results) =>
          describeList(results, describer.outcome),
        );
      case "asCompleted":
        return this.#loop(asCompleted(functions, options), describer);
      case "asCompletedItems":
        return this.#loop(asCompleted(items, fn, { ...options, undelivered }), describer);
    }
  }

  async #loop(tasks: ReturnType<typeof asCompleted<number, number>>, describer: Describer): Promise<string> {
    let yielded = 0;
    for await (const task of tasks) {
      // A task that was never called has the name of its function.
      const index = this.#indices.get(task.scope) ?? Number(task.name);
      this.#log(`yielded ${index} ${describer.task(task)}`);
      if (++yielded === this.#call.leave) return "left";
    }
    return "over";
  }

  #functions(): WorkFunction[] {
    return this.#call.works.map((_, index) => {
      const fn: WorkFunction = (scope) => this.#work(index, scope);
      return Object.defineProperty(fn, "name", { value: String(index) });
    });
  }

  async #work(index: number, scope: CancelScope): Promise<number> {
    this.#log(`called ${index}`);
    this.#indices.set(scope, index);
    const { ms, end, onCancel }: Work = this.#call.works[index]!;
    try {
      await (onCancel === "deaf" ? this.#pass(ms) : scope.sleep(ms));
    } catch (error) {
      if (typeof onCancel !== "object") throw error;
      await this.#pass(onCancel.ms);
      if (onCancel.end === "value") return -1 - index;
      if (onCancel.end === "error") throw new ProgramError(100 + index);
      throw error;
    }
    if (end === "value") return index;
    if (end === "error") throw new ProgramError(index);
    scope.cancel(`self ${index}`);
    throw scope.reason as Error;
  }

  /** Waits, and ignores cancellation. */
  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, ms);
    });
  }

  readonly #log = (text: string): void => {
    const at = this.#clock.now();
    this.lines.push({ at, text: `${at}: ${text}` });
  };
}
