import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, InvalidStateError, isCancellation } from "../../src/index.js";
import { deferred } from "../../src/internal.js";
import { type BodyPolicy, TaskOwner } from "../../src/lowlevel.js";
import { isClosed } from "../watching.js";

/** An owner whose policy ignores failures of children, and a policy of its body that passes on what the body throws. */
function makeOwner(parent?: CancelScope) {
  const log: string[] = [];
  const thrown: unknown[] = [];
  const owner = new TaskOwner("Owner", { parent }, { taskEnded: ({ name }) => log.push(`${name} ended`) });
  const policy: BodyPolicy = {
    bodyThrew(error, { scope }) {
      log.push("body threw");
      if (isCancellation(error, scope)) return true;
      thrown.push(error);
      return false;
    },
    bodyEnded: () => log.push("body ended"),
    settle({ scope, size }, leftOpen, isCut) {
      log.push(`settled with ${size} children, closed: ${isClosed(scope)}, cut: ${isCut}`);
      if (leftOpen !== undefined) thrown.push(leftOpen);
      if (thrown.length > 1) throw new AggregateError(thrown);
      if (thrown.length > 0) throw thrown[0];
    },
  };
  return { owner, policy, log };
}

describe("taskOwner.runBody", () => {
  it("runBody calls the body at once with its argument, and resolves with its value once the scope is closed (K1)", async () => {
    const { owner, policy, log } = makeOwner();
    const run = owner.runBody((argument: string) => log.push(`body called with ${argument}`), "argument", policy);
    expect(log).toEqual(["body called with argument"]);
    expect(await run).toBe(1);
    expect(log.slice(1)).toEqual(["body ended", "settled with 0 children, closed: true, cut: false"]);
  });

  it("runBody needs no bodyEnded in the policy", async () => {
    const { owner } = makeOwner();
    const policy: BodyPolicy = { bodyThrew: () => false, settle() {} };
    expect(await owner.runBody(() => "value", undefined, policy)).toBe("value");
  });

  it("runBody waits for all children, also for one that is created as the last one ends (T1)", async () => {
    const { owner, policy, log } = makeOwner();
    const gates = [deferred(), deferred()] as const;
    const run = owner.runBody(
      () => {
        const first = owner.createTask(() => gates[0].promise, { name: "first" });
        first.addDoneCallback(() => {
          queueMicrotask(() => {
            owner.createTask(() => gates[1].promise, { name: "second" });
          });
        });
      },
      undefined,
      policy,
    );
    await settled();
    expect(log).toEqual(["body ended"]);
    gates[0].resolve(undefined);
    await settled();
    expect(log).toEqual(["body ended", "first ended"]);
    gates[1].resolve(undefined);
    await run;
    expect(log.slice(2)).toEqual(["second ended", "settled with 0 children, closed: true, cut: false"]);
  });

  it("runBody rejects with what the policy throws, whether the body threw at once or later", async () => {
    const error = new Error("body");
    const bodies = [
      (): never => {
        throw error;
      },
      () => Promise.reject(error),
    ];
    for (const body of bodies) {
      const { owner, policy, log } = makeOwner();
      await expect(owner.runBody(body, undefined, policy)).rejects.toBe(error);
      expect(log).toEqual(["body threw", "body ended", "settled with 0 children, closed: true, cut: false"]);
    }
  });

  it("runBody resolves with undefined if the policy says that a cancellation ended the body", async () => {
    const { owner, policy, log } = makeOwner();
    const run = owner.runBody(({ scope }) => scope.sleep(Infinity).then(() => "value"), owner, policy);
    owner.scope.cancel();
    expect(await run).toBeUndefined();
    expect(log).toEqual(["body threw", "body ended", "settled with 0 children, closed: true, cut: true"]);
  });

  it("a scope that a body leaves open is an error, unless the body has failed or was cancelled and nothing runs in it (S16)", async () => {
    const ends: [() => unknown, unknown][] = [
      [() => "value", expect.any(InvalidStateError)],
      [() => Promise.reject("failed"), "failed"],
      [() => Promise.reject(new DOMException("aborted", "AbortError")), undefined],
    ];
    for (const [end, expected] of ends) {
      const { owner, policy } = makeOwner();
      const run = owner.runBody(
        async ({ scope }) => {
          new CancelScope({ parent: scope, name: "left open" });
          if (expected === undefined) scope.cancel();
          return end();
        },
        owner,
        policy,
      );
      expect(
        await run.then(
          () => undefined,
          (error: unknown) => error,
        ),
      ).toEqual(expected);
    }
  });
});
