import { CancelScope } from "@selvage/scope";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Held } from "../src/held.js";

describe("Held", () => {
  it("releases the request that has waited longest when there are more than its capacity", async () => {
    using scope = new CancelScope();
    const held = new Held(2);
    const gone: string[] = [];
    void held.wait(scope).then(() => gone.push("patient"));
    void held.waitStubbornly().then(() => gone.push("stubborn"));
    await settled();
    expect(gone).toEqual([]);
    void held.waitStubbornly().then(() => gone.push("another"));
    await settled();
    expect(gone).toEqual(["patient"]);
    expect([held.size, held.stubborn]).toEqual([2, 2]);
  });

  it("releases every request at once if its capacity is 0", async () => {
    const held = new Held(0);
    await held.waitStubbornly();
    expect(held.size).toBe(0);
  });

  it("ends the wait of a request whose scope is cancelled, unless it is stubborn", async () => {
    const scope = new CancelScope();
    const held = new Held(2);
    const patient = held.wait(scope);
    let isStubborn = true;
    const stubborn = held.waitStubbornly().then(() => (isStubborn = false));
    scope.cancel();
    await expect(patient).rejects.toBe(scope.reason);
    expect([held.size, held.stubborn, isStubborn]).toEqual([1, 1, true]);
    held.letStubbornGo();
    await stubborn;
    expect(held.size).toBe(0);
  });

  it("calls onWait when another request waits", () => {
    const held = new Held(1);
    const sizes: number[] = [];
    held.onWait = () => void sizes.push(held.size);
    void held.waitStubbornly();
    void held.waitStubbornly();
    expect(sizes).toEqual([1, 1]);
  });
});
