import "@selvage/scope/ambient";
import { CancelScope } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { run } from "@selvage/runner";

describe("run, with ambient scopes", () => {
  it("run is independent of the scope that encloses the call, which may be cancelled and end before it (C4)", async () => {
    let end = (): void => {};
    let outcome: Promise<string> | undefined;
    await CancelScope.run((outer) => {
      outcome = run(() => new Promise<string>((resolve) => (end = () => resolve("its value"))));
      outer.cancel();
    });
    end();
    expect(await outcome).toBe("its value");
  });
});
