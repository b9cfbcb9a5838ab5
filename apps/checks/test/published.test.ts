import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root } from "../src/repository.js";

/** Runs a program with the packages as they are published: bundled, minified, with internal names mangled. */
function run(program: string): string {
  const flags = ["--conditions=@selvage/published", "--input-type=module", "--eval", program];
  return execFileSync(process.execPath, flags, { cwd: `${root}/apps/checks`, encoding: "utf8" });
}

describe("the published packages", () => {
  it("a package and the core use the same mangled names: a timeout has its label (N4, D2)", () => {
    const output = run(`
      import { observe, factsOf } from "@selvage/scope/lowlevel";
      import { timeout } from "@selvage/timeout";

      const ends = [];
      observe({ closed: (scope, { status }) => ends.push([factsOf(scope).kind, status]) });
      await timeout(1_000, () => {});
      const clock = { now: () => 0, clearTimer() {}, setTimer() { throw new Error("no timer"); } };
      try {
        await timeout(10, () => {}, { clock });
      } catch {}
      console.log(JSON.stringify(ends));
    `);
    expect(JSON.parse(output)).toEqual([
      ["timeout", "fulfilled"],
      ["timeout", "rejected"],
    ]);
  });

  it("observers and ambient scopes compose: a task knows its scope, and its events come in order (N2, N3)", () => {
    const output = run(`
      import { currentScope } from "@selvage/scope/ambient";
      import { observe, factsOf } from "@selvage/scope/lowlevel";
      import { TaskGroup } from "@selvage/task-group";

      const events = [];
      const note = (event) => (scope, end) => events.push([event, factsOf(scope).kind, end?.status].join(" ").trim());
      observe({ opened: note("opened"), started: note("started"), closed: note("closed"), run: (scope, fn) => fn() });
      await TaskGroup.run((group) => {
        group.createTask(async (scope) => {
          await scope.sleep(1);
          events.push(currentScope() === scope);
        });
      });
      console.log(JSON.stringify(events));
    `);
    expect(JSON.parse(output)).toEqual([
      "opened TaskGroup",
      "started TaskGroup",
      "opened task",
      "started task",
      true,
      "closed task fulfilled",
      "closed TaskGroup fulfilled",
    ]);
  });
});
