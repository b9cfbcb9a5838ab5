/** The trees of a process, as they are reported on its socket. */
import { CancelScope } from "@selvage/scope";
import { snapshot } from "@selvage/scope/debug";
import { describe, expect, it } from "vitest";
import { takeTrees } from "../src/register/report.js";

describe("takeTrees", () => {
  it("a tree that cannot be read is an error, and the others are read, whatever its clock throws (N7)", () => {
    const scopes = ["first", "second", "third"].map((name) => new CancelScope({ name }));
    const thrown = [
      new Error("no time"),
      {
        toString(): never {
          throw thrown[1];
        },
      },
    ];
    const { trees, errors, moreTrees } = takeTrees(
      scopes,
      (scope, options) => {
        if (scope !== scopes[2]) throw thrown[scopes.indexOf(scope)];
        return snapshot(scope, options);
      },
      100,
    );
    expect(errors).toEqual(["Error: no time", "an error that cannot be printed"]);
    expect(trees.map(({ containers }) => containers[0]!.name)).toEqual(["third"]);
    expect(moreTrees).toBe(0);
  });
});
