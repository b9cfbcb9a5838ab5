/** What a flight waits for, counted (F9), and which rejections need no handler (F1, F7). */
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, Flights, InvalidStateError } from "../src/index.js";

/** A promise that a test resolves. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("the waits of a flight for another one", () => {
  /** Flight "a" begins a number of waits for flight "b", and ends one. Then "b" asks for "a". */
  async function ask(waits: number): Promise<unknown> {
    await using flights = new Flights<string, unknown>({ onError() {} });
    using client = new CancelScope();
    const asks = gate();
    const lands = gate();
    const b = flights.get(client, "b", async (_, own) => {
      await asks.opened;
      return flights.get(own, "a", () => "new").catch((error: unknown) => error);
    });
    const a = flights.get(client, "a", async (_, own) => {
      const scopes = Array.from({ length: waits }, () => new CancelScope({ parent: own }));
      for (const scope of scopes) void flights.get(scope, "b", () => "new").catch(() => {});
      scopes[0]!.cancel();
      await settled();
      asks.open();
      await lands.opened;
      for (const scope of scopes) {
        scope.cancel();
        scope.close();
      }
      return "value of a";
    });
    await settled();
    lands.open();
    await a;
    return await b;
  }

  it("no longer count when they have ended (F9)", async () => {
    expect(await ask(1)).toBe("value of a");
  });

  it("count until the last one has ended (F9)", async () => {
    expect(await ask(2)).toBeInstanceOf(InvalidStateError);
  });
});

describe("a rejection that nobody handles", () => {
  it("is not reported if it is the cancellation of the owner (F2, F7)", async () => {
    using scope = new CancelScope();
    const parent = new CancelScope();
    const flights = new Flights<string, unknown>({ parent });
    const uncaught = await uncaughtDuring(async () => {
      void flights.get(scope, "a", (_, own) => own.sleep(Infinity));
      parent.cancel();
      void flights.get(scope, "b", () => expect.unreachable());
      await settled();
    });
    expect(uncaught).toEqual([]);
  });

  it("is reported if it is the failure of the flight, or that of closed flights (F1, F7)", async () => {
    using scope = new CancelScope();
    const flights = new Flights<string, unknown>();
    const error = new Error("down");
    const uncaught = await uncaughtDuring(async () => {
      void flights.get(scope, "a", () => Promise.reject(error));
      await settled();
      await flights[Symbol.asyncDispose]();
      void flights.get(scope, "b", () => expect.unreachable());
      await settled();
    });
    expect(uncaught).toEqual([error, expect.objectContaining({ name: "ClosedError" })]);
  });
});
