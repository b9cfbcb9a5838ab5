import { describe, expect, it } from "vitest";
import { CancelScope } from "@selvage/scope";
import { cancelBecause } from "../../src/internal.js";

function messageOf(error: unknown, task: string | undefined): string | undefined {
  const scope = new CancelScope({ name: "page" });
  cancelBecause(scope, error, task);
  expect(scope.reason?.cause).toBe(error);
  expect(scope.cancelCalled).toBe(true);
  return scope.reason?.message;
}

describe("cancelBecause", () => {
  it("cancelBecause names the task that failed, and makes its error the cause (E8)", () => {
    expect(messageOf(new Error("no such user"), "load user")).toBe(
      '"page" was cancelled: task "load user" failed: no such user',
    );
    expect(messageOf("text", "load user")).toBe('"page" was cancelled: task "load user" failed: text');
    expect(messageOf(new Error("boom"), undefined)).toBe('"page" was cancelled: the body failed: boom');
    expect(messageOf(undefined, "a")).toBe('"page" was cancelled: task "a" failed');
  });

  it("cancelBecause escapes its message, and reads no getter (E7)", () => {
    const secret = Object.defineProperty(new Error(), "message", { get: () => "secret" });
    expect(messageOf(secret, "a\nb")).toBe('"page" was cancelled: task "a\\nb" failed');
    expect(messageOf(new Error("\x1b[2J"), "a")).toBe('"page" was cancelled: task "a" failed: \\x1b[2J');
  });

  it("cancelBecause gives every scope that it reaches one error, as cancel does (S7)", () => {
    const scope = new CancelScope();
    const child = new CancelScope({ parent: scope });
    cancelBecause(scope, 1, "a");
    cancelBecause(scope, 2, "b");
    expect(child.reason).toBe(scope.reason);
    expect(scope.reason?.cause).toBe(1);
  });
});
