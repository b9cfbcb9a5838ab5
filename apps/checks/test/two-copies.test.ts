import { cpSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installAll, packAll, removeTemporaryFolders } from "../src/packed.js";

type Scope = typeof import("@selvage/scope");

afterAll(removeTemporaryFolders);

/** Copies of @selvage/scope as npm installs them if versions differ: one for the app, one below a dependency. */
describe("two copies of @selvage/scope in one tree (D2)", () => {
  let app: Scope;
  let other: Scope;
  /** The packages of the app. */
  let debug: typeof import("@selvage/scope/debug");
  let groups: typeof import("@selvage/exception-group");
  /** The packages that use the other copy. */
  let taskGroup: typeof import("@selvage/task-group");
  let timeouts: typeof import("@selvage/timeout");

  beforeAll(async () => {
    const modules = join(installAll(packAll()), "node_modules/@selvage");
    for (const dependant of ["task-group", "timeout"]) {
      cpSync(join(modules, "scope"), join(modules, dependant, "node_modules/@selvage/scope"), { recursive: true });
    }
    app = await load(join(modules, "scope"));
    other = await load(join(modules, "task-group/node_modules/@selvage/scope"));
    debug = await load(join(modules, "scope"), "debug");
    groups = await load(join(modules, "exception-group"));
    taskGroup = await load(join(modules, "task-group"));
    timeouts = await load(join(modules, "timeout"));
  }, 60_000);

  it("are different modules", () => {
    expect(other.CancelScope).not.toBe(app.CancelScope);
    expect(other.ExceptionGroup).not.toBe(app.ExceptionGroup);
  });

  it("debug prints and records a tree of the other copy (C3, D2)", () => {
    const root = new other.CancelScope({ name: "server" });
    new other.CancelScope({ parent: root, name: "request" });
    expect(debug.describeTree(root as never)).toBe('scope "server": live\n  scope "request": live');
    expect(debug.snapshot(root as never).containers.map(({ name }) => name)).toEqual(["server", "request"]);
  });

  describe("isCancellation", () => {
    it("recognises the other copy's CancelledError (S7, S15)", () => {
      const scope = new other.CancelScope();
      scope.cancel("why");
      expect(app.isCancellation(scope.reason)).toBe(true);
      expect(app.isCancellation(new Error("wrapped", { cause: scope.reason }))).toBe(true);
      expect(app.isCancellation(scope.reason, scope)).toBe(true);
    });

    it("classifies the other copy's ExceptionGroup by its members (S15)", () => {
      const scope = new other.CancelScope();
      scope.cancel();
      expect(app.isCancellation(new other.ExceptionGroup("cut", [scope.reason]))).toBe(true);
      expect(app.isCancellation(new other.ExceptionGroup("mixed", [scope.reason, new Error("no")]))).toBe(false);
    });

    it("treats the other copy's TimeoutError as a failure (O2)", async () => {
      const error: unknown = await timeouts
        .timeout(0, async ({ scope }) => scope.checkpoint())
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ name: "TimeoutError" });
      expect(app.isCancellation((error as Error).cause)).toBe(true);
      expect(app.isCancellation(error)).toBe(false);
    });
  });

  describe("a scope whose parent is of the other copy", () => {
    it("is cancelled with it and adopts its error (S7, S8)", () => {
      const parent = new other.CancelScope();
      const child = new app.CancelScope({ parent: parent as never });
      const grandchild = new app.CancelScope({ parent: child });
      parent.cancel("outer");
      expect(child.cancelled).toBe(true);
      expect(child.reason).toBe(parent.reason);
      expect(grandchild.reason).toBe(parent.reason);
      expect(child.reason?.scope).toBe(parent);
      expect(child.cancelCalled).toBe(false);
    });

    it("is cancelled from the start if its parent is cancelled (S8)", () => {
      const parent = new other.CancelScope();
      parent.cancel();
      expect(new app.CancelScope({ parent: parent as never }).reason).toBe(parent.reason);
    });

    it("is cancelled in the same way if the parent is given by its signal (S8)", () => {
      const parent = new other.CancelScope();
      const child = new app.CancelScope({ parent: parent.signal });
      parent.cancel("outer");
      expect(child.reason).toBe(parent.reason);
    });

    it("does not cancel its parent", () => {
      const parent = new other.CancelScope();
      new app.CancelScope({ parent: parent as never }).cancel();
      expect(parent.cancelled).toBe(false);
    });

    it("has its parent's signal's own reason accepted as the cancellation (S8, S15)", () => {
      const controller = new AbortController();
      const parent = new other.CancelScope({ parent: controller.signal });
      const child = new app.CancelScope({ parent: parent as never });
      const left = new Error("the client left");
      controller.abort(left);
      expect(app.isCancellation(left, child)).toBe(true);
      expect(app.isCancellation(left, parent)).toBe(true);
      expect(other.isCancellation(new Error("wrapped", { cause: left }), child as never)).toBe(true);
    });

    it("adopts its error through a derived signal (S7, S8)", () => {
      const parent = new other.CancelScope();
      const child = new app.CancelScope({ parent: AbortSignal.any([parent.signal]) });
      parent.cancel();
      expect(child.reason).toBe(parent.reason);
    });

    it("leaves the cancellation to the parent, which absorbs it (S8, S14)", async () => {
      let inner: unknown;
      const outer = new other.CancelScope();
      const result = await outer.run(async (scope) => {
        const child = app.CancelScope.run(
          async (own) => {
            scope.cancel("outer");
            await own.checkpoint();
          },
          { parent: scope as never },
        );
        inner = await child.catch((error: unknown) => error);
        throw inner;
      });
      expect(result).toBeUndefined();
      expect(inner).toBe(outer.reason);
      expect(outer.cancelledCaught).toBe(true);
    });
  });

  describe("a scope whose body throws the other copy's ExceptionGroup", () => {
    it("absorbs it if it contains only the scope's own cancellation (S14, S15)", async () => {
      const scope = new app.CancelScope();
      const result = scope.run((own) => {
        own.cancel();
        throw new other.ExceptionGroup("cut", [own.reason]);
      });
      await expect(result).resolves.toBeUndefined();
      expect(scope.cancelledCaught).toBe(true);
    });

    it("passes it on if it also contains a cancellation by the other copy (S14)", async () => {
      const stranger = new other.CancelScope();
      stranger.cancel();
      const scope = new app.CancelScope();
      const error = new other.ExceptionGroup("cut", [stranger.reason]);
      const result = scope.run((own) => {
        own.cancel();
        throw error;
      });
      await expect(result).rejects.toBe(error);
      expect(scope.cancelledCaught).toBe(false);
    });
  });

  describe("a TaskGroup of the other copy", () => {
    it("rejects with the app's CancelledError if the app's scope was cancelled (T5)", async () => {
      const scope = new app.CancelScope();
      const running = taskGroup.TaskGroup.run(
        async (group) => {
          await group.createTask(async (own) => own.sleep(Infinity));
        },
        { parent: scope as never },
      );
      scope.cancel("enough");
      await expect(running).rejects.toBe(scope.reason);
    });

    it("rejects with a group that the app's exception-group splits (E2)", async () => {
      const running = taskGroup.TaskGroup.run((group) => {
        group.createTask(() => Promise.reject(new TypeError("typed")));
        group.createTask(() => Promise.reject(new RangeError("ranged")));
      });
      const error: unknown = await running.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(other.ExceptionGroup);
      const [match, rest] = groups.split(error, TypeError);
      expect(match?.errors).toEqual([new TypeError("typed")]);
      expect(rest?.errors).toEqual([new RangeError("ranged")]);
    });

    it("may run in a scope of the app, whose exception-group handles each of its errors once (E4)", async () => {
      const seen: string[] = [];
      const running = app.CancelScope.run(async (parent) =>
        taskGroup.TaskGroup.run((group) => void group.createTask(() => Promise.reject(new TypeError("typed"))), {
          parent: parent as never,
        }),
      );
      const error: unknown = await running.catch((caught: unknown) => caught);
      groups.except(
        error,
        groups.on(TypeError, (group) => {
          seen.push(...group.errors.map(({ message }) => message));
        }),
      );
      expect(seen).toEqual(["typed"]);
    });
  });
});

async function load<Module>(folder: string, entry: string = "index"): Promise<Module> {
  return (await import(/* @vite-ignore */ pathToFileURL(join(folder, `bundle/${entry}.js`)).href)) as Module;
}
