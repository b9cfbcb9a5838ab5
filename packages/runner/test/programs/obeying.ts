/**
 * Executes the lines that the test sends; lines that are sent together run in one turn. Its arguments are the options
 * as JSON, in which `onError` names a handler below, and the events that the program itself listens to.
 */
import { CancelScope, Runner, type RunnerOptions } from "@selvage/runner";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const [, , json = "{}", ...ownEvents] = process.argv;
Error.stackTraceLimit = 0;

const events = ["SIGINT", "SIGTERM", "uncaughtException", "unhandledRejection"];
const listeners = (): string => events.map((event) => process.listenerCount(event)).join(" ");
process.on("exit", (code) => console.log(`exit ${code}, listeners ${listeners()}`));
for (const event of ownEvents) process.on(event, (error) => console.log(`own listener: ${String(error)}`));

/** Settled on a line from the test. */
const { promise: outcome, resolve, reject } = withResolvers<string>();
const { promise: sent, resolve: send } = withResolvers<undefined>();
let scope: CancelScope;
const same = new RangeError("the same");

const handlers: Record<string, (error: unknown) => unknown> = {
  async waits(error) {
    console.log(`onError got: ${list(error)}`);
    await sent;
    console.log("sent");
  },
  async later(error) {
    console.log(`onError got: ${list(error)}`);
    await new Promise((resolve) => setImmediate(resolve));
    console.log("sent");
  },
  fails() {
    throw new RangeError("onError failed");
  },
  careless() {
    void Promise.reject(new RangeError("not awaited"));
  },
};
const { onError, ...options } = JSON.parse(json) as RunnerOptions & { onError?: string };
const runner = new Runner({ ...options, ...(onError === undefined ? {} : { onError: handlers[onError]! }) });

const commands: Record<string, (text: string) => unknown> = {
  throw: (text) => throwLater(new TypeError(text)),
  reject: (text) => void Promise.reject(new TypeError(text)),
  same() {
    throwLater(same);
    void Promise.reject(same);
  },
  many() {
    for (let index = 0; index < 150; index++) void Promise.reject(new Error(`number ${index}`));
  },
  raise(text) {
    throw new TypeError(text);
  },
  /** Does something as soon as the main is cancelled, a signal has come, or the main has returned. */
  oncancel: (line) => void scope.onCancel(() => obey(line)),
  onsignal: (line) => void process.once("SIGTERM", () => obey(line)),
  after(line) {
    afterwards.push(line);
  },
  return: (text) => resolve(text),
  fail: (text) => reject(text === "the same" ? same : new Error(text)),
  unwind: () => reject(scope.reason),
  send: () => send(undefined),
  close: () => runner.close(),
  /** Both before the event loop turns. */
  both() {
    process.kill(process.pid, "SIGTERM");
    void Promise.reject(new TypeError("at the same time"));
  },
  /** An owner without tasks. */
  own: () => new TaskOwner("Workers", { parent: scope, name: "idle" }, { taskEnded: () => {} }),
  task: () =>
    new TaskOwner("Workers", { parent: scope, name: "busy" }, { taskEnded: () => {} }).createTask(() => outcome, {
      name: "deaf",
    }),
  /** A scope in which nothing runs. */
  open: () => new CancelScope({ parent: scope }),
  body: () => void CancelScope.run(() => outcome, { parent: scope, name: "busy" }),
  /** Keeps the process alive, however the main ends. */
  serve: () => void createServer().listen(0),
  leave: (ms) => void setTimeout(() => process.exit(7), Number(ms)),
  /** Replaces the timers by some that print their time and fire at once. */
  fake() {
    const { setTimeout } = globalThis;
    const fake = (callback: () => void, ms: number): unknown => {
      console.log(`timer of ${Math.round(ms / 1000)} s`);
      return setTimeout(callback, 0);
    };
    globalThis.setTimeout = fake as typeof setTimeout;
  },
  /** Prints more than a pipe holds. */
  print() {
    process.stdout.write("x".repeat(5_000_000));
    console.error("printed");
  },
  code: (text) => void (process.exitCode = Number(text)),
  cancel: () =>
    void runner.run((own) => {
      own.cancel("by itself");
      return own.checkpoint();
    }),
  again: () => void runner.run(() => console.log("ran again")),
  say: (text) => console.log(text),
};

const afterwards: string[] = [];
createInterface({ input: process.stdin }).on("line", obey);
process.stdin.unref();

const value = await runner.run((own) => {
  scope = own;
  scope.onCancel(({ cause }) => console.log(`cancelled by ${String(cause)}`));
  console.log(`started, listeners ${listeners()}`);
  return outcome;
});
console.log(`returned ${value}, listeners ${listeners()}`);

for (const line of afterwards) obey(line);

function obey(line: string): void {
  const [, name, text] = /^(\w+) ?(.*)$/.exec(line)!;
  commands[name!]!(text!);
}

function list(error: unknown): string {
  return (error instanceof AggregateError ? error.errors : [error]).map(String).join();
}

/** In a microtask, so that the errors thrown in a turn come before the rejections in it. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
