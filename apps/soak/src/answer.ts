import type { ServerResponse } from "node:http";
import { type CancelScope, isCancellation } from "@selvage/scope";
import { gather } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import type { Held } from "./held.js";
import type { Kind } from "./kind.js";

/** The time limit of a request that takes too long, in milliseconds. It is short, because there are many such requests. */
const SHORT = 2;
/** Longer than any wait. */
const LONG = 60_000;

/** The part of the service that requests need. */
export interface Means {
  readonly held: Held;
  readonly response: ServerResponse;
  wakeWorker(): void;
  /** Shuts the service down for a task, and waits for the other tasks. */
  shutDown(requestedBy: CancelScope): Promise<unknown>;
}

/** Handles a request of the given kind, and returns the body of its answer. */
export async function answer(kind: Kind, means: Means, scope: CancelScope): Promise<string> {
  switch (kind) {
    case "plain":
      await scope.checkpoint();
      return "plain";
    case "parts":
      return (
        await gather(
          [1, 2, 3].map((part) => async (own) => (await own.checkpoint(), String(part))),
          { parent: scope },
        )
      ).join();
    case "failing":
      throw new Error("this one fails");
    case "failing-part":
      return await gather([(own) => own.sleep(LONG), () => Promise.reject(new Error("one part fails"))], {
        parent: scope,
      }).then(String);
    case "late":
      return await timeout(SHORT, (own) => own.scope.sleep(LONG), { parent: scope }).then(String);
    case "left":
      means.response.flushHeaders(); // the client leaves when it has received them
      await scope.sleep(LONG);
      return "the client does not read this";
    case "poke":
      means.wakeWorker();
      return "the worker fails, and is restarted";
    case "held":
      await means.held.wait(scope);
      return "held";
    case "unclean":
      return await waitUncleanly(means.held, scope);
    case "stubborn":
      await means.held.waitStubbornly();
      return "stubborn";
    case "stubborn-failing":
      await means.held.waitStubbornly();
      throw new Error("this request fails when it is released");
    case "stop":
      return JSON.stringify(await means.shutDown(scope));
  }
}

/** Waits, and fails if it is cancelled. */
async function waitUncleanly(held: Held, scope: CancelScope): Promise<string> {
  try {
    await held.wait(scope);
    return "unclean";
  } catch (error) {
    throw isCancellation(error, scope) ? new Error("the cleanup fails") : error;
  }
}
